"""Decides what a list of grants would do: each row alone, then beside the others and the grants there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.accounts.registration.cells import echo
from app.procedures.catalogue.entries import code_of
from app.procedures.catalogue.values import Version, version_on
from app.procedures.grants.form import DEED_TITLES, DEED_WORDS, Column, Deed
from app.procedures.grants.periods import Asked, PeriodRefusedError, Periods, changed
from app.procedures.lists.cells import day_of, document_of, words_of, written
from app.procedures.lists.faults import Fault, FaultCode
from app.procedures.lists.values import Action, Change, ListPlan, ListRow, PlannedRow, Terms
from app.units.history import History, own_codes

Pair = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class GrantChange:
    """What one decision does to the periods of a unit and a procedure."""

    pair: Pair
    action: Action
    asked: Asked
    before: Periods
    after: Periods


@dataclass(frozen=True, slots=True)
class Ground:
    """What grants are judged by: all units on all days, the catalogue, and the grants there are."""

    history: History
    catalogue: Mapping[str, Sequence[Version]]
    periods: Mapping[Pair, Periods]


def plan_grants(rows: Sequence[ListRow], ground: Ground, terms: Terms) -> ListPlan[GrantChange]:
    """Return what each row would do, or all that is wrong with it; rows are taken in their order.

    Grants that the list leaves out stay. Pure: the same list against what it made is unchanged.
    """
    planner = GrantPlanner(ground, terms)
    return ListPlan(tuple(map(planner.plan_row, rows)))


class GrantPlanner:
    """Plans one decision after the other, each on what the ones before leave."""

    def __init__(self, ground: Ground, terms: Terms) -> None:
        """Begin with the grants of *ground*."""
        self._ground = ground
        self._terms = terms
        self._periods = dict(ground.periods)
        self._bearers: dict[date, dict[str, list[UUID]]] = {}
        self._seen: dict[Pair, tuple[int, bool]] = {}

    def plan_row(self, row: ListRow) -> PlannedRow[GrantChange]:
        """Return one row's plan."""
        if not row.texts.keys() & {Column.AGENCY_CODE, Column.PROCEDURE_CODE}:
            return _refused(row, "", [Fault(FaultCode.NOT_A_ROW, Column.AGENCY_CODE)])
        code, asked = code_of(row), self._asked(row)
        # A unit is named as it is called now, also where a grant began under another code of its.
        day = max(asked.day, self._terms.on) if isinstance(asked, Asked) else self._terms.on
        unit = self._unit(row, day)
        subject = f"{row.text(Column.AGENCY_CODE)} {row.text(Column.PROCEDURE_CODE)}"
        faults = [part for part in (unit, code) if isinstance(part, Fault)]
        if isinstance(asked, list) or isinstance(unit, Fault) or isinstance(code, Fault):
            return _refused(row, subject, [*faults, *(asked if isinstance(asked, list) else ())])
        if twice := self._twice((unit, code), row, asked):
            return _refused(row, subject, twice)
        return self.plan((unit, code), asked, row.number, subject)

    def plan(self, pair: Pair, asked: Asked, number: int, subject: str) -> PlannedRow[GrantChange]:
        """Return the plan of one decision about a unit that is known."""
        if pair[1] not in self._ground.catalogue:
            fault = Fault(FaultCode.PROCEDURE_UNKNOWN, Column.PROCEDURE_CODE, {"typed": echo(pair[1])})
            return _refused_because(number, subject, [fault])
        before = self._periods.get(pair, ())
        try:
            after = changed(before, asked, self._terms.today)
        except PeriodRefusedError as error:
            return _refused_because(number, subject, [_period_fault(error, self._terms.today)])
        if after == before:
            return PlannedRow(number, Action.UNCHANGED, subject)
        faults = self._standing(pair, asked) + self._unit_end(pair[0], asked)
        if asked.document is None:
            faults.append(Fault(FaultCode.DOCUMENT_MISSING, Column.DOCUMENT_NUMBER))
        if any(not fault.is_warning for fault in faults):
            return _refused_because(number, subject, faults)
        self._periods[pair] = after
        work = GrantChange(pair, _action(before, after, asked), asked, before, after)
        return PlannedRow(number, work.action, subject, _changes(before, after), work, tuple(faults))

    def _asked(self, row: ListRow) -> Asked | list[Fault]:
        deeds = words_of(row, Column.DEED, DEED_WORDS, DEED_TITLES)
        start, end = day_of(row, Column.VALID_FROM), day_of(row, Column.VALID_TO)
        document = document_of(row, Column.DOCUMENT_NUMBER, self._terms.document_number)
        if (
            isinstance(deeds, Fault)
            or isinstance(start, Fault)
            or isinstance(end, Fault)
            or isinstance(document, Fault)
        ):
            return [part for part in (deeds, start, end, document) if isinstance(part, Fault)]
        if len(deeds) > 1:
            details = {"typed": echo(row.text(Column.DEED)), "choices": "; ".join(DEED_TITLES.values())}
            return [Fault(FaultCode.WORD_UNKNOWN, Column.DEED, details)]
        (deed,) = deeds or {Deed.GIVE}
        says_end = Column.VALID_TO in row.present
        return Asked(deed, self._terms.on, start, end, says_end, document or None)

    def _unit(self, row: ListRow, day: date) -> UUID | Fault:
        typed = row.text(Column.AGENCY_CODE)
        if not typed:
            return Fault(FaultCode.UNIT_MISSING, Column.AGENCY_CODE)
        if day not in self._bearers:
            self._bearers[day] = _bearers(self._ground.history, day)
        found = self._bearers[day].get(typed, [])
        if len(found) == 1:
            return found[0]
        code = FaultCode.UNIT_AMBIGUOUS if found else FaultCode.UNIT_UNKNOWN
        return Fault(code, Column.AGENCY_CODE, {"typed": echo(typed), "on": written(day)})

    def _twice(self, pair: Pair, row: ListRow, asked: Asked) -> list[Fault]:
        """Return the fault of a second row about the same, unless both give periods with days."""
        is_dated_gift = asked.deed is Deed.GIVE and asked.start is not None
        first, was_dated_gift = self._seen.setdefault(pair, (row.number, is_dated_gift))
        if first == row.number or (is_dated_gift and was_dated_gift):
            return []
        return [Fault(FaultCode.PAIR_TWICE, Column.PROCEDURE_CODE, {"rows": str(first)})]

    def _standing(self, pair: Pair, asked: Asked) -> list[Fault]:
        if asked.deed is Deed.WITHDRAW:
            return []
        details = {"on": written(asked.day)}
        if not any(one.holds_on(asked.day) for one in self._ground.history.versions[pair[0]]):
            shown = self._ground.history.versions[pair[0]][-1].details.agency_code
            return [Fault(FaultCode.UNIT_UNKNOWN, Column.AGENCY_CODE, details | {"typed": shown})]
        said = version_on(self._ground.catalogue[pair[1]], asked.day)
        if said is None or not said.procedure.is_in_force(asked.day):
            return [Fault(FaultCode.PROCEDURE_NOT_IN_FORCE, Column.PROCEDURE_CODE, details)]
        return []

    def _unit_end(self, unit_id: UUID, asked: Asked) -> list[Fault]:
        """Return the fault of a grant that outlasts its unit; the successor has what follows."""
        ends = self._ground.history.versions[unit_id][-1].valid_to
        if asked.deed is Deed.WITHDRAW or ends is None or (asked.end is not None and asked.end <= ends):
            return []
        return [Fault(FaultCode.UNIT_ENDS, Column.VALID_TO, {"since": written(ends)})]


def _bearers(history: History, day: date) -> dict[str, list[UUID]]:
    """Return who bears each code on *day*; an old code names nobody where somebody's new code is the same."""
    tree = history.on(day).values()
    bearers: dict[str, list[UUID]] = {}
    for version in tree:
        for code in own_codes(version):
            bearers.setdefault(code, []).append(version.unit_id)
    return bearers | {version.details.agency_code: [version.unit_id] for version in tree}


def _refused(row: ListRow, subject: str, faults: Iterable[Fault]) -> PlannedRow[GrantChange]:
    return _refused_because(row.number, subject, faults)


def _refused_because(number: int, subject: str, faults: Iterable[Fault]) -> PlannedRow[GrantChange]:
    in_order = sorted(faults, key=lambda fault: fault.is_warning)
    return PlannedRow(number, Action.REFUSED, subject, faults=tuple(in_order))


def _period_fault(error: PeriodRefusedError, today: date) -> Fault:
    column = Column.VALID_FROM if error.code is FaultCode.DAY_PAST else Column.VALID_TO
    day = written(error.since)
    return Fault(error.code, column, {"since": day, "typed": day, "today": written(today)})


def _action(before: Periods, after: Periods, asked: Asked) -> Action:
    if asked.deed is Deed.WITHDRAW:
        return Action.END
    return Action.ADD if len(after) > len(before) else Action.CHANGE


def _changes(before: Periods, after: Periods) -> tuple[Change, ...]:
    return (Change("periods", _said(before), _said(after)),)


def _said(periods: Periods) -> str:
    return "; ".join(f"{written(one.valid_from)}–{written(one.valid_to)}" for one in periods)
