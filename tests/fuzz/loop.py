"""The loop behind every fuzz run: seeds are mutated and tried until the time is up; what goes wrong is kept.

    summary = fuzz(targets, seed=1, seconds=600.0)
    print(summary.line)

A run is repeatable: the same targets, seed and count of inputs are the same inputs. The input under way
stands in a file, so that one which kills or hangs the process is there afterwards.
"""

import contextlib
import ctypes
import faulthandler
import gc
import mmap
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count as count_up
from itertools import islice
from pathlib import Path
from typing import Final, Self

# Of processor time for one input: another program on the machine makes nothing slow.
_SLOW_SECONDS: Final = 1.0
_HANG_SECONDS: Final = 60.0
# A clean run of three minutes kept 2 MiB.
_GROWTH_MIB: Final = 64.0
_ARENA_MAX: Final = -8  # M_ARENA_MAX of malloc.h
_PEAK_MIB: Final = 512.0
_LARGEST_INPUT: Final = 1024 * 1024  # larger answers are refused before any parser sees them
_LENGTH_BYTES: Final = 8
_BATCH: Final = 2_000
_WARM_UP_BATCHES: Final = 3
_LOOK_EVERY: Final = 256
_KIB_PER_MIB: Final = 1024
_MOST_FINDINGS: Final = 20

Mutate = Callable[[random.Random, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """What is tried: `run` raises for whatever must not happen; `mutate` makes inputs of seeds."""

    name: str
    seeds: Sequence[bytes]
    mutate: Mutate
    run: Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One input that does harm, and which; the text is a traceback's last line."""

    target: str
    harm: str
    content: bytes = field(repr=False)


@dataclass
class Summary:
    """What a run came to; `growth_mib` is memory still held at the end and not after the first batches.

    `peak_mib` is by how much the run raised the most that this process ever held: in a process of tests
    others have been there before.
    """

    seed: int
    inputs: int = 0
    seconds: float = 0.0
    slowest_seconds: float = 0.0
    slowest_target: str = "-"
    growth_mib: float = 0.0
    peak_mib: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing did harm and memory stayed bounded."""
        return not self.findings and self.growth_mib <= _GROWTH_MIB and self.peak_mib <= _PEAK_MIB

    @property
    def line(self) -> str:
        """The whole run in one line."""
        rate = self.inputs / self.seconds if self.seconds else 0.0
        return (
            f"seed {self.seed}: {self.inputs} inputs in {self.seconds:.0f} s ({rate:.0f}/s), slowest"
            f" {self.slowest_seconds * 1000:.0f} ms ({self.slowest_target}), memory grew by"
            f" {self.growth_mib:.0f} MiB and its peak by {self.peak_mib:.0f} MiB,"
            f" {len(self.findings)} findings"
        )


def fuzz(
    targets: Sequence[Target],
    *,
    seed: int,
    seconds: float | None = None,
    inputs: int | None = None,
    slow_seconds: float = _SLOW_SECONDS,
) -> Summary:
    """Try mutated seeds of *targets* for so many seconds, or so many of them, and return what happened.

    Every seed itself is tried first. A process that hangs or crashes leaves its input in a file whose name
    is written to stderr.
    """
    _share_one_arena()
    summary, chance = Summary(seed), random.Random(seed)  # noqa: S311 - repeatable, not secret
    began, memory_before, last = time.monotonic(), _memory_mib(), _Last()
    peak_before = _peak_mib()
    source = _contents(targets, chance)

    def batch(count: int) -> None:
        for target, content in islice(source, count):
            _try(target, content, summary, last, slow_seconds)

    def is_over() -> bool:
        is_time_up = seconds is not None and time.monotonic() - began >= seconds
        return is_time_up or summary.inputs == inputs or len(summary.findings) >= _MOST_FINDINGS

    with last:
        for number in count_up():
            _in_a_thread(batch, _BATCH if inputs is None else min(_BATCH, inputs - summary.inputs))
            if number == _WARM_UP_BATCHES:
                memory_before = _memory_mib()
            if is_over():
                break
    summary.seconds, summary.peak_mib = time.monotonic() - began, _peak_mib() - peak_before
    summary.growth_mib = max(0.0, _memory_mib() - memory_before)
    return summary


def _share_one_arena() -> None:
    """Let all threads take memory from one place: glibc gives each new one its own, which never shrinks."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def _in_a_thread(work: Callable[[int], None], count: int) -> None:
    # lxml keeps every name it ever met for as long as the thread lives (docs/decisions/0040): with spoilt
    # names by the million that is all one would measure, the mutating of XML included.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(work, count).result()


def _contents(targets: Sequence[Target], chance: random.Random) -> Iterator[tuple[Target, bytes]]:
    for target in targets:
        for content in target.seeds:
            yield target, content
    while True:
        target = chance.choice(targets)
        content = chance.choice(target.seeds)
        for _ in range(1 + chance.randrange(4)):
            content = target.mutate(chance, content)
        yield target, content[:_LARGEST_INPUT]


def _try(target: Target, content: bytes, summary: Summary, last: "_Last", slow_seconds: float) -> None:
    last.keep(content, summary.inputs)
    started = time.thread_time()
    try:
        target.run(content)
    except Exception as error:  # noqa: BLE001 - whatever comes out is the finding
        summary.findings.append(Finding(target.name, f"{type(error).__name__}: {error}", content))
    took = time.thread_time() - started
    if took > slow_seconds:
        summary.findings.append(Finding(target.name, f"{took:.1f} s of processor time", content))
    if took > summary.slowest_seconds:
        summary.slowest_seconds, summary.slowest_target = took, target.name
    summary.inputs += 1


class _Last:
    """Keeps the input under way where it outlives this process; gone again after a run that ended."""

    def __enter__(self) -> Self:
        with tempfile.NamedTemporaryFile(prefix="fuzz-input-", delete=False) as file:
            size = _LENGTH_BYTES + _LARGEST_INPUT
            file.truncate(size)
            self._path, self._map = Path(file.name), mmap.mmap(file.fileno(), size)
        return self

    def keep(self, content: bytes, number: int) -> None:
        """Keep this input after its length, and see to it that the process ends should it hang."""
        if number == 0:
            sys.stderr.write(f"the input under way stands in {self._path}\n")
        if number % _LOOK_EVERY == 0:
            faulthandler.dump_traceback_later(_HANG_SECONDS, exit=True, file=sys.__stderr__ or sys.stderr)
        kept = content[:_LARGEST_INPUT]
        self._map[: _LENGTH_BYTES + len(kept)] = len(kept).to_bytes(_LENGTH_BYTES) + kept

    def __exit__(self, *_: object) -> None:
        faulthandler.cancel_dump_traceback_later()
        self._map.close()
        self._path.unlink()


def _peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _KIB_PER_MIB if sys.platform != "darwin" else peak / _KIB_PER_MIB**2


def _memory_mib() -> float:
    """Return the memory held now; where the system does not say, the most ever held."""
    gc.collect()
    # What is free, but not given back yet, has not grown; only glibc has the word for it.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return _peak_mib()
    return pages * mmap.PAGESIZE / 1024**2
