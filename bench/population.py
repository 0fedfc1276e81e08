"""`python -m bench.population`: what a large invented population costs the stand-in beside a small one."""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

_SMALL: Final = 5_000
_LARGE: Final = 5_000_000
_BAR: Final = 1.1
_PATIENCE_SECONDS: Final = 60.0
_PAGE: Final = 1_000
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What one stand-in cost: until it answered, in memory then, and after people were asked for."""

    start_seconds: float
    started_mib: float
    asked_mib: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 1 where the larger population costs more."""
    parser = argparse.ArgumentParser(prog="python -m bench.population", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is started (5)")
    parser.add_argument("--people", type=int, default=20_000, help="how many are asked for each time (20000)")
    options = parser.parse_args(arguments)
    costs: dict[int, list[Cost]] = {_SMALL: [], _LARGE: []}
    for _ in range(options.rounds):
        for size, measured in costs.items():
            measured.append(_cost(size, options.people))
    names = ("start_seconds", "started_mib", "asked_mib")
    ratios = {name: _median(costs[_LARGE], name) / _median(costs[_SMALL], name) for name in names}
    for name, ratio in ratios.items():
        small, large = (_median(costs[size], name) for size in (_SMALL, _LARGE))
        print(f"{name}: {small:.2f} with {_SMALL:,} citizens, {large:.2f} with {_LARGE:,}; ratio {ratio:.3f}")
    is_met = all(ratio <= _BAR for ratio in ratios.values())
    print(f"no more than {_BAR} times as much: {'met' if is_met else 'MISSED'}")
    return 0 if is_met else 1


def _median(costs: list[Cost], name: str) -> float:
    return float(statistics.median(getattr(cost, name) for cost in costs))


def _cost(size: int, people: int) -> Cost:
    with _stand_in(size) as (process, url, start_seconds):
        started_mib = _memory_mib(process)
        # Places spread over the whole population, the last ones among them.
        for page in range(max(1, people // _PAGE)):
            first = page * max(1, (size - _PAGE) // max(1, people // _PAGE - 1)) % max(1, size - _PAGE + 1)
            _get(f"{url}/mock/citizens?first={first}&count={_PAGE}")
        return Cost(start_seconds, started_mib, _memory_mib(process))


@contextmanager
def _stand_in(size: int) -> Iterator[tuple[subprocess.Popen[bytes], str, float]]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mock_c06", "--port", str(port), "--population", str(size)],
            stdout=output,
            stderr=output,
        )
        try:
            while not _answers(url):
                if process.poll() is not None or time.perf_counter() - began > _PATIENCE_SECONDS:
                    raise SystemExit("bench: the stand-in does not start")
                time.sleep(0.005)
            yield process, url, time.perf_counter() - began
        finally:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)


def _answers(url: str) -> bool:
    try:
        return bool(_get(f"{url}/livez"))
    except OSError:
        return False


def _get(url: str) -> Any:
    with urlopen(url, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 - our own address
        return json.load(answer)


def _memory_mib(process: subprocess.Popen[bytes]) -> float:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def _free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


if __name__ == "__main__":
    raise SystemExit(main())
