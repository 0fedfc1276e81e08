"""The figures as a table: for a terminal, and in Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.contestants import LOOKUP, OURS, STRAIGHTFORWARD
from bench.machine import Machine
from bench.on_record import Evidence
from bench.processor import Pinning
from bench.rounds import Standing

_WIDTH: Final = 150  # of the table, in a pipe too
_HEADINGS: Final = (
    "contestant",
    "requests/s median (min-max)",
    "CPU µs/request",
    "p50 ms",
    "p99 ms",
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
    yardstick: str
    evidence: Mapping[str, Evidence]
    counted: Mapping[str, int]

    @property
    def lookups_ratio(self) -> float:
        """Processor time of a lookup by that of the pass-through."""
        return next(standing.cpu_ratio for standing in self.standings if standing.name == LOOKUP)

    def show(self) -> None:
        """Print the report."""
        console = Console(highlight=False, soft_wrap=True, width=_WIDTH)
        table = Table(*self._headings())
        for row in self._rows():
            table.add_row(*row)
        console.print()
        console.print(table)
        for line in self._notes():
            console.print(line, markup=False)

    def markdown(self) -> str:
        """Return the report in Markdown."""
        headings = self._headings()
        lines = [headings, ("---", *["---:"] * (len(headings) - 1)), *self._rows()]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        notes = "\n".join(f"* {note}" for note in self._notes())
        return f"{table}\n\n{notes}\n"

    def _headings(self) -> tuple[str, ...]:
        yardstick = self.yardstick.partition(" (")[0]
        return (*_HEADINGS, f"requests/s ÷ {yardstick}", f"CPU ÷ {yardstick}")

    def _rows(self) -> list[tuple[str, ...]]:
        return [_row(standing) for standing in self.standings]

    def _notes(self) -> list[str]:
        machine = self.machine
        how = (
            f"{self.rounds} interleaved rounds of {self.seconds} s, {self.connections} connections, "
            f"{self.officers} officers, one process each; pinned: {self.pinning}."
        )
        where = (
            f"{machine.time}; {machine.processor}, {machine.cores} cores, load before {machine.load}; "
            f"database on {machine.file_system} with fsync; {machine.python}; {self.versions}; "
            f"commit {machine.commit}."
        )
        return [*self._in_postgres(), *self._beside_the_straightforward_build(), *self._proofs(), how, where]

    def _in_postgres(self) -> list[str]:
        ours = [each for each in self.standings if each.name in OURS and each.postgres_cpu_us is not None]
        if not ours:
            return []
        said = ", ".join(f"{each.name} {each.postgres_cpu_us:.0f} µs" for each in ours)
        return [f"The CPU of ours is the gateway's; PostgreSQL used more for each request: {said}."]

    def _proofs(self) -> list[str]:
        said = [
            f"{name}: {evidence.intents} intents, {evidence.outcomes} outcomes, {evidence.found} found; "
            f"wrk counted {self.counted[name]} outside warm-ups, each answered 200 and right"
            for name, evidence in self.evidence.items()
        ]
        return [f"Evidence: {'. '.join(said)}."] * bool(said) + [
            "In every round the mock's own count covers wrk's."
        ]

    def _beside_the_straightforward_build(self) -> list[str]:
        cpu_us = {standing.name: standing.cpu_us for standing in self.standings}
        if not {LOOKUP, STRAIGHTFORWARD} <= cpu_us.keys():
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
