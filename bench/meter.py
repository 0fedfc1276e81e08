"""How fast something goes, and what it costs in processor time: its own and PostgreSQL's."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bench.processor import used_seconds

_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Speed:
    """Rows a second, and processor time a row: of who sends them, and of PostgreSQL."""

    per_second: float
    own_us: float
    postgres_us: float


class Meter:
    """Clock and processor time from its making on."""

    def __init__(self, postgres_pid: int, own_seconds: Callable[[], float]) -> None:
        """Watch PostgreSQL's processes, and what *own_seconds* says of one's own."""
        self._postgres_pid = postgres_pid
        self._own_seconds = own_seconds
        self._postgres, self._own, self._begun = (
            used_seconds(postgres_pid),
            own_seconds(),
            time.perf_counter(),
        )

    def speed(self, rows: int) -> Speed:
        """Return what has passed since, for each of *rows*."""
        took, own = time.perf_counter() - self._begun, self._own_seconds() - self._own
        postgres = used_seconds(self._postgres_pid) - self._postgres
        return Speed(rows / took, own / rows * _US, postgres / rows * _US)


def children_seconds() -> float:
    """Return the processor time of this process's children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
