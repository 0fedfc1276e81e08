"""Makes a report of sums, units and officers: whose figures a unit's are, who uses little, which periods."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from app.reports.values import (
    Cell,
    Figures,
    Part,
    Period,
    Standing,
    Tally,
    Trend,
    UnitUsage,
    UsageReport,
    Wanted,
)
from app.units.history import merged_into
from app.units.store import UnitRegister
from app.units.values import Unit

_PLACES: Final = {standing: place for place, standing in enumerate(Standing)}
_DECEMBER: Final = 12


def report_of(
    wanted: Wanted,
    figures: Figures,
    register: UnitRegister,
    officers: Mapping[UUID, int],
    *,
    few: int,
    today: date,
) -> UsageReport:
    """Return the report; *officers* are how many may look up in each unit today.

    A unit with officers and at most *few* uses in the period is one of few.
    """
    units = _units(wanted, figures.by_unit, register, officers, few=few, today=today)
    return UsageReport(
        wanted=wanted,
        few=few,
        total=Tally.of(figures.by_unit),
        units=units if figures.counted_at is not None else tuple(map(_uncounted, units)),
        periods=tuple(_periods(wanted, figures.by_period)),
        procedures=_parts(figures.by_procedure),
        channels=_parts(figures.by_channel),
        counted_at=figures.counted_at,
        uncounted_records=figures.uncounted_records,
    )


def heirs(register: UnitRegister, today: date) -> dict[UUID, UUID]:
    """Return the unit in force that each unit was merged into, through any number of mergers."""
    merged = merged_into(one for one in register.successions if one.on_date <= today)
    return {
        former: heir
        for heir, formers in merged.items()
        if register.find(heir) is not None
        for former in formers
        if register.find(former) is None
    }


def _units(
    wanted: Wanted,
    cells: Iterable[Cell],
    register: UnitRegister,
    officers: Mapping[UUID, int],
    *,
    few: int,
    today: date,
) -> tuple[UnitUsage, ...]:
    known_heirs = heirs(register, today)
    own: dict[UUID, list[Cell]] = {unit.unit_id: [] for unit in _in_reach(wanted, register)}
    merged = dict[UUID, int]()
    for cell in cells:
        former = UUID(cell.of)
        unit_id = known_heirs.get(former, former)
        own.setdefault(unit_id, []).append(cell)
        if unit_id != former and cell.kind != "refused":
            merged[unit_id] = merged.get(unit_id, 0) + cell.count
    found = [
        _unit_usage(unit_id, Tally.of(its), register, officers.get(unit_id, 0), merged.get(unit_id, 0), few)
        for unit_id, its in own.items()
    ]
    return tuple(sorted(found, key=_place))


def _in_reach(wanted: Wanted, register: UnitRegister) -> Iterator[Unit]:
    """Yield the units of today that the report is about, also those that used nothing."""
    for unit in register.units.values():
        is_asked_for = wanted.unit_ids is None or unit.unit_id in wanted.unit_ids
        if is_asked_for and wanted.level in {None, unit.level}:
            yield unit


def _unit_usage(
    unit_id: UUID, tally: Tally, register: UnitRegister, officers: int, merged: int, few: int
) -> UnitUsage:
    unit = register.find(unit_id)
    past = register.history.versions.get(unit_id, ())
    details = past[-1].details if past else None  # of a unit that ended: as it was called last
    known = unit or details
    return UnitUsage(
        unit_id=unit_id,
        code=known.agency_code if known else None,
        name=known.name if known else None,
        level=known.level.value if known else None,
        officers=officers,
        tally=tally,
        merged=merged,
        standing=Standing.ENDED if unit is None else _standing(tally.uses, officers, few),
    )


def _standing(uses: int, officers: int, few: int) -> Standing:
    if not officers and not uses:
        return Standing.NO_OFFICERS
    if uses == 0:
        return Standing.ZERO
    return Standing.FEW if uses <= few else Standing.USUAL


def _uncounted(one: UnitUsage) -> UnitUsage:
    """Return what may be said of a unit where nobody ever counted: not that it uses nothing."""
    return replace(one, standing=Standing.UNCOUNTED) if one.standing is Standing.ZERO else one


def _place(one: UnitUsage) -> tuple[int, int, str, str]:
    return _PLACES[one.standing], one.tally.uses, one.code or "", str(one.unit_id)


def _parts(cells: Iterable[Cell]) -> tuple[Part, ...]:
    """Return what each has, the most used first."""
    by_name = dict[str, list[Cell]]()
    for cell in cells:
        by_name.setdefault(cell.of, []).append(cell)
    parts = [Part(name, Tally.of(its)) for name, its in by_name.items()]
    return tuple(sorted(parts, key=lambda part: (-part.tally.uses, part.name)))


def _periods(wanted: Wanted, cells: Iterable[Cell]) -> Iterator[Period]:
    by_first = dict[date, list[Cell]]()
    for cell in cells:
        by_first.setdefault(date.fromisoformat(cell.of), []).append(cell)
    first = period_of(wanted.first_day, wanted.trend)
    while first <= wanted.last_day:
        following = _following(first, wanted.trend)
        last = following - timedelta(days=1)
        tally = Tally.of(by_first.get(first, ()))
        yield Period(max(first, wanted.first_day), min(last, wanted.last_day), tally)
        first = following


def period_of(day: date, trend: Trend) -> date:
    """Return the first day of the period that *day* is in."""
    if trend is Trend.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if trend is Trend.WEEK else day


def _following(first: date, trend: Trend) -> date:
    if trend is not Trend.MONTH:
        return first + timedelta(days=7 if trend is Trend.WEEK else 1)
    if first.month == _DECEMBER:
        return first.replace(year=first.year + 1, month=1)
    return first.replace(month=first.month + 1)
