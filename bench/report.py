"""The figures as a table: for a terminal, and in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.contestants import LOOKUP, STRAIGHTFORWARD
from bench.desk import Evidence
from bench.machine import Machine
from bench.processor import Pinning
from bench.rounds import Standing

_WIDTH: Final = 150  # of the table, in a pipe too
_HEADINGS: Final = (
    "contestant",
    "requests/s median (min-max)",
    "CPU µs/request",
    "p50 ms",
    "p99 ms",
    "requests/s ÷ pass-through",
    "CPU ÷ pass-through",
)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run found, and how it was done."""

    machine: Machine
    versions: str
    pinning: Pinning
    rounds: int
    seconds: int
    connections: int
    officers: int
    standings: Sequence[Standing]
    evidence: Evidence
    counted_lookups: int

    @property
    def lookups_ratio(self) -> float:
        """Processor time of a lookup by that of the pass-through."""
        return next(standing.cpu_ratio for standing in self.standings if standing.name == LOOKUP)

    def show(self) -> None:
        """Print the report."""
        console = Console(highlight=False, soft_wrap=True, width=_WIDTH)
        table = Table(*_HEADINGS)
        for row in self._rows():
            table.add_row(*row)
        console.print()
        console.print(table)
        for line in self._notes():
            console.print(line, markup=False)

    def markdown(self) -> str:
        """Return the report in Markdown."""
        lines = [_HEADINGS, ("---", *["---:"] * (len(_HEADINGS) - 1)), *self._rows()]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        notes = "\n".join(f"* {note}" for note in self._notes())
        return f"{table}\n\n{notes}\n"

    def _rows(self) -> list[tuple[str, ...]]:
        return [_row(standing) for standing in self.standings]

    def _notes(self) -> list[str]:
        machine, evidence = self.machine, self.evidence
        in_database = next(
            each.postgres_cpu_us for each in self.standings if each.postgres_cpu_us is not None
        )
        what = (
            f"Evidence: {evidence.intents} intents, {evidence.outcomes} outcomes, {evidence.found} found; "
            f"wrk counted {self.counted_lookups} lookups outside warm-ups, each answered 200 and found; "
            "in every round the mock's own count covers wrk's."
        )
        how = (
            f"{self.rounds} interleaved rounds of {self.seconds} s, {self.connections} connections, "
            f"{self.officers} officers, one process each; pinned: {self.pinning}."
        )
        where = (
            f"{machine.time}; {machine.processor}, {machine.cores} cores, load before {machine.load}; "
            f"database on {machine.file_system} with fsync; {machine.python}; {self.versions}; "
            f"commit {machine.commit}."
        )
        beside = f"The lookup's CPU is the gateway's; PostgreSQL used {in_database:.0f} µs more per lookup."
        return [beside, *self._beside_the_straightforward_build(), what, how, where]

    def _beside_the_straightforward_build(self) -> list[str]:
        cpu_us = {standing.name: standing.cpu_us for standing in self.standings}
        if STRAIGHTFORWARD not in cpu_us:
            return []
        ratio = cpu_us[STRAIGHTFORWARD] / cpu_us[LOOKUP]
        return [f"The straightforward build takes {ratio:.1f} times the lookup's processor time."]


def _row(standing: Standing) -> tuple[str, ...]:
    return (
        standing.name,
        f"{standing.requests_per_second:.0f} ({standing.slowest:.0f}-{standing.fastest:.0f})",
        f"{standing.cpu_us:.0f}",
        f"{standing.p50_ms:.1f}",
        f"{standing.p99_ms:.1f}",
        f"{standing.speed_ratio:.2f}",
        f"{standing.cpu_ratio:.2f}",
    )
