"""Which processes run on which core, and how much processor time they used."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat after the command's name, counted from 0 (proc(5)).
_PARENT: Final = 1
_TIMES: Final = slice(11, 15)  # utime, stime, and the same of children that ended


@dataclass(frozen=True, slots=True)
class Pinning:
    """The core of whoever is measured, and the cores of everything else; None where there is only one."""

    measured: frozenset[int] | None
    others: frozenset[int] | None

    def __str__(self) -> str:
        if self.measured is None or self.others is None:
            return "nothing pinned: this machine gives us one core"
        return (
            f"the measured process on core {_names(self.measured)}; "
            f"wrk, the mock and PostgreSQL on core {_names(self.others)}"
        )

    def apply_to_others(self) -> None:
        """Move this process, and all it starts from now on, beside the measured core."""
        if self.others is not None:
            os.sched_setaffinity(0, self.others)


def choose_pinning() -> Pinning:
    """Return the first core for the measured process and the rest for the others."""
    first, *rest = sorted(os.sched_getaffinity(0))
    if not rest:
        return Pinning(None, None)
    return Pinning(frozenset({first}), frozenset(rest))


@contextmanager
def starting_on(cores: frozenset[int] | None) -> Iterator[None]:
    """Within, start processes on *cores*: a child inherits where its parent may run. None changes nothing."""
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def used_seconds(root: int) -> float:
    """Return the processor time of a process, its threads and all its descendants, the ended included."""
    stats = _stats()
    family = {root}
    while more := {pid for pid, fields in stats.items() if int(fields[_PARENT]) in family} - family:
        family |= more
    ticks = sum(int(field) for pid in family & stats.keys() for field in stats[pid][_TIMES])
    return ticks / _TICKS_PER_SECOND


def _stats() -> dict[int, list[str]]:
    found = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:  # it ended while we looked
                continue
            # The command's name stands in brackets and may hold anything, so read behind the last one.
            found[int(folder.name)] = text.rpartition(")")[2].split()
    return found


def _names(cores: frozenset[int]) -> str:
    return ", ".join(str(core) for core in sorted(cores))
