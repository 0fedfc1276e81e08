"""What auditors ask of a large log, each question about many subjects, timed as a whole call."""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from app.audit.record import Outcome
from app.auditing.criteria import Search
from app.auditing.reader import AuditReader
from bench.meter import Meter
from bench.volume_lookups import procedure_code
from bench.volume_world import World, number_of

_PAGE: Final = 50
_MONTH: Final = timedelta(days=30)
_WEEK: Final = timedelta(days=6)
_MOST_ASKED: Final = 50
_CASE: Final = "KT-2026/01"
_MILLISECONDS: Final = 1_000

Criteria = dict[str, Any]
"""Fields of `Search`, by name."""

Subject = Callable[[int], Criteria]
Period = timedelta | tuple[date, date]
"""So long, beginning on a day that is drawn; or from one day through another."""


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of search, with as many subjects as it is to be asked about."""

    name: str
    searches: Sequence[Search]
    is_judged: bool
    """Whether the bar names it."""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of the calls of one round, and how many lookups a page had in the mean."""

    milliseconds: Sequence[float]
    found: float
    processor: float
    """Milliseconds a call, of the gateway and PostgreSQL together: neighbours spoil it least."""

    @property
    def median(self) -> float:
        """The time that half of the calls stay below."""
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        """The time that 95 of 100 calls stay below."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


async def ask(reader: AuditReader, question: Question, postgres_pid: int) -> Times:
    """Ask each search once, one after the other: keys opened, persons decrypted and masked, a page of 50."""
    taken, found, meter = list[float](), 0, Meter(postgres_pid, time.process_time)
    for search in question.searches:
        begun = time.perf_counter()
        found += len(await reader.find(search))
        taken.append((time.perf_counter() - begun) * _MILLISECONDS)
    cost = meter.speed(len(taken))
    return Times(taken, found / len(taken), (cost.own_us + cost.postgres_us) / _MILLISECONDS)


def together(rounds: Sequence[Times]) -> Times:
    """Return several rounds of the same calls as one."""
    taken = [one for times in rounds for one in times.milliseconds]
    count = len(rounds)
    return Times(taken, sum(r.found for r in rounds) / count, sum(r.processor for r in rounds) / count)


def questions(world: World, dossiers: Sequence[str]) -> list[Question]:
    """Return what is asked, each as often as there are *dossiers*; what `Search` cannot say is left out."""
    draw = random.Random(world.size.seed)  # noqa: S311 - invented
    whole, desks, units = (world.first_day, world.size.last_day), world.desks, world.units
    heirs = frozenset({units[-1].unit_id, *(unit.unit_id for unit in world.merged)})
    busiest, middle = desks[-1].officer_id, desks[len(desks) // 2].officer_id

    def number(citizen: int) -> Criteria:
        return {"number": number_of(citizen)}

    kinds: list[tuple[str, Subject, Period, bool]] = [
        ("citizen, the most looked up", lambda at: number(at % _MOST_ASKED), whole, True),
        ("citizen, as drawn", lambda _: number(world.citizen(draw)), whole, True),
        ("citizen, rare", lambda _: number(draw.randrange(world.citizens // 2, world.citizens)), whole, True),
        ("citizen, as drawn, a month", lambda _: number(world.citizen(draw)), _MONTH, True),
        ("officer, busiest, and month", lambda _: {"officer_id": busiest}, _MONTH, True),
        ("officer, median, and month", lambda _: {"officer_id": middle}, _MONTH, True),
        ("officer, any, and month", lambda _: {"officer_id": draw.choice(desks).officer_id}, _MONTH, True),
        ("dossier", lambda at: {"dossier_code": dossiers[at]}, whole, True),
        ("unit and month", lambda _: {"unit_ids": frozenset({draw.choice(units).unit_id})}, _MONTH, False),
        ("unit and predecessors", lambda _: {"unit_ids": heirs}, whole, False),
        ("software and month", lambda at: {"client_id": units[at % len(units)].client_id}, _MONTH, False),
        ("procedure and month", lambda at: {"procedure_code": procedure_code(at)}, _MONTH, False),
        ("refusals of a week", lambda _: {"outcome": Outcome.NOT_PERMITTED.value}, _WEEK, False),
        ("mismatches of a month", lambda _: {"outcome": Outcome.MISMATCH.value}, _MONTH, False),
        ("confused answers", lambda _: {"outcome": Outcome.UPSTREAM_CONFUSED.value}, whole, False),
        ("paper asked, a month", lambda _: {"paper_asked": True}, _MONTH, False),
        ("a week, nothing else", lambda _: {}, _WEEK, False),
    ]
    return [
        Question(name, [_search(world, draw, subject(at), period) for at in range(len(dossiers))], is_judged)
        for name, subject, period, is_judged in kinds
    ]


def _search(world: World, draw: random.Random, subject: Criteria, period: Period) -> Search:
    first, last = period if isinstance(period, tuple) else _somewhere(world, draw, period)
    criteria: dict[str, Any] = {"number": None, "officer_id": None} | subject
    return Search(case_number=_CASE, first_day=first, last_day=last, page_size=_PAGE, **criteria)


def _somewhere(world: World, draw: random.Random, length: timedelta) -> tuple[date, date]:
    spare = (world.size.last_day - world.first_day - length).days
    first = world.first_day + timedelta(days=draw.randrange(max(1, spare)))
    return first, first + length
