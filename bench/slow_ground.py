"""A gateway with fsync before a national side that takes its time."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from bench.children import HOST, free_port, running
from bench.desk import Desk, open_desk
from bench.national_side import real_exchange
from bench.processor import Pinning

_NOT_PINNED: Final = Pinning(None, None)


@dataclass(frozen=True, slots=True)
class Delay:
    """How long the national side takes: median, spread of the logarithm, and the longest."""

    median_ms: float
    sigma: float
    longest_ms: float = 8000
    seed: int = 1

    def __str__(self) -> str:
        """Say it as a report does."""
        return f"log-normal, median {self.median_ms:.0f} ms, sigma {self.sigma}, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Ground:
    """The desk, and where the national side says what it took."""

    desk: Desk
    side_url: str

    def national_times(self) -> tuple[dict[str, float], int]:
        """Return the seconds each question took there by MaYeuCau, and how many were under way at most."""
        said = httpx.get(f"{self.side_url}/times", trust_env=False, timeout=30).raise_for_status().json()
        return {str(key): float(value) for key, value in said["times"].items()}, int(said["most_under_way"])


@contextmanager
def open_slow_ground(
    folder: Path,
    delay: Delay,
    officers: int,
    settings: Mapping[str, str],
    *,
    fill: Callable[[str], None] | None = None,
    workers: int = 1,
    pinning: Pinning = _NOT_PINNED,
) -> Iterator[Ground]:
    """Start the national side and a gateway with *settings* in front of it, and sign officers in.

    *fill*, *workers* and *pinning* as for `open_desk`.
    """
    answer, port = folder / "answer.xml", free_port()
    answer.write_bytes(real_exchange().answer)
    url = f"http://{HOST}:{port}"
    command = [
        *(sys.executable, "-m", "bench.slow_side", str(port), str(answer)),
        *("--median-ms", str(delay.median_ms), "--sigma", str(delay.sigma)),
        *("--longest-ms", str(delay.longest_ms), "--seed", str(delay.seed)),
    ]
    root = {"PYTHONPATH": str(Path(__file__).parents[1])}
    with (
        running("slow-side", command, ready_url=f"{url}/token", folder=folder, environment=root),
        open_desk(folder, url, officers, pinning, settings, fill=fill, workers=workers) as desk,
    ):
        yield Ground(desk, url)
