"""Turns the rows of a file into one plan for the whole tree, or says of each row what is wrong."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from uuid_utils.compat import uuid7

from app.units.checking import details_faults, shown
from app.units.columns import HEADINGS, KINDS, LEVELS, Column, column_of, is_ignored, kind_of, level_of
from app.units.history import History
from app.units.names import tidied
from app.units.plans import Draft, Plan, differences
from app.units.troubles import Fault, Trouble, UnitRefusedError
from app.units.values import Decision, UnitDetails, UnitKind, UnitLevel


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file as text: its number there, the header row being 1, and its cells by heading."""

    number: int
    cells: Mapping[str, str]


class Action(StrEnum):
    """What a row of the file comes to."""

    NOTHING = "nothing"
    ADD = "add"
    CHANGE = "change"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RowReport:
    """What one row comes to: changes are column, value before, value after; faults name their column."""

    number: int
    action: Action
    agency_code: str
    changes: tuple[tuple[str, str, str], ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A report per row, faults of the file as a whole, and the plan where there are none at all."""

    rows: tuple[RowReport, ...]
    faults: tuple[Fault, ...]
    plan: Plan | None

    def count(self, action: Action) -> int:
        """Return how many rows come to *action*."""
        return sum(row.action is action for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One row once its cells are read: what it says of the unit, or why it says nothing."""

    number: int
    code: str
    unit_id: UUID
    before: UnitDetails | None
    details: UnitDetails | None
    faults: tuple[Fault, ...]


def plan_import(
    headings: Sequence[str],
    rows: Sequence[Row],
    history: History,
    decision: Decision,
    advance: Callable[[], None] = lambda: None,
) -> ImportPlan:
    """Return what a file would do on the decision's day; *advance* is called once a row.

    A unit is known by the agency code it bears on that day. A column that the file lacks leaves what is;
    an empty cell of one that it has takes the value away. Units that the file leaves out stay.
    """
    faults = _heading_faults(headings) or ([] if rows else [Fault(Trouble.NO_ROWS)])
    if faults:
        return ImportPlan((), tuple(faults), None)
    named = {heading: column for heading in headings if (column := column_of(heading)) is not None}
    cells = [
        (row.number, {column: tidied(row.cells.get(heading, "")) for heading, column in named.items()})
        for row in rows
    ]
    entries = _read(cells, history, decision, advance)
    return _plan(entries, history, decision)


def _heading_faults(headings: Sequence[str]) -> list[Fault]:
    columns = [(heading, column_of(heading)) for heading in headings if not is_ignored(heading)]
    found = [column for _, column in columns if column is not None]
    unknown = [
        Fault(Trouble.COLUMN_UNKNOWN, values={"value": shown(h)}) for h, column in columns if not column
    ]
    missing = [column for column in (Column.AGENCY_CODE, Column.NAME) if column not in found]
    twice = sorted({column for column in found if found.count(column) > 1})
    return [
        *unknown,
        *(Fault(Trouble.COLUMN_MISSING, values={"value": HEADINGS[column].vietnamese}) for column in missing),
        *(Fault(Trouble.COLUMN_TWICE, values={"value": HEADINGS[column].vietnamese}) for column in twice),
    ]


def _read(
    rows: Iterable[tuple[int, dict[Column, str]]],
    history: History,
    decision: Decision,
    advance: Callable[[], None],
) -> list[_Entry]:
    rows = list(rows)
    present = {v.details.agency_code: v for v in history.on(decision.on).values()}
    known = {code: version.unit_id for code, version in present.items()}
    ids = known | {code: uuid7() for _, cells in rows if (code := cells[Column.AGENCY_CODE]) not in known}
    first_rows: dict[str, int] = {}
    entries = []
    for number, cells in rows:
        code = cells[Column.AGENCY_CODE]
        before = present[code].details if code in present else None
        details, faults = _details(cells, before, ids)
        if code and first_rows.setdefault(code, number) != number:
            values = {"value": shown(code), "row": str(first_rows[code])}
            faults.append(Fault(Trouble.CODE_TWICE, Column.AGENCY_CODE, values=values))
        entries.append(_Entry(number, code, ids[code], before, details, tuple(faults)))
        advance()
    return entries


def _details(
    cells: Mapping[Column, str], before: UnitDetails | None, ids: Mapping[str, UUID]
) -> tuple[UnitDetails | None, list[Fault]]:
    """Return what a row says of its unit, with what was before where it says nothing."""
    code = cells[Column.AGENCY_CODE]
    if not code:
        return None, [Fault(Trouble.CODE_MISSING, Column.AGENCY_CODE)]
    kind, level, faults = _kind_and_level(cells, before)
    known = before or UnitDetails(cells[Column.NAME], code, kind, level)
    details = replace(
        known,
        name=cells[Column.NAME],
        kind=kind,
        level=level,
        legacy_agency_code=cells.get(Column.LEGACY_AGENCY_CODE, known.legacy_agency_code) or None,
        ward_code=cells.get(Column.WARD_CODE, known.ward_code) or None,
        legacy_ward_code=cells.get(Column.LEGACY_WARD_CODE, known.legacy_ward_code) or None,
    )
    if Column.SERVES in cells:
        served = cells[Column.SERVES].replace(",", " ").replace(";", " ").split()
        details = replace(details, serves=frozenset(served))
    if parent_code := cells.get(Column.PARENT_CODE):
        details = replace(details, parent_id=ids.get(parent_code))
        if parent_code not in ids:
            values = {"value": shown(parent_code)}
            faults.append(Fault(Trouble.PARENT_UNKNOWN, Column.PARENT_CODE, values=values))
    elif Column.PARENT_CODE in cells:
        details = replace(details, parent_id=None)
    return details, [*details_faults(details), *faults]


def _kind_and_level(
    cells: Mapping[Column, str], before: UnitDetails | None
) -> tuple[UnitKind, UnitLevel, list[Fault]]:
    """Return both; what is not known stands as the unit's own or any, beside its fault."""
    faults = []
    kind, level = kind_of(cells.get(Column.KIND, "")), level_of(cells.get(Column.LEVEL, ""))
    if kind is None and (before is None or Column.KIND in cells):
        values = {"value": shown(cells.get(Column.KIND, "")), "choices": "; ".join(KINDS.values())}
        faults.append(Fault(Trouble.KIND_UNKNOWN, Column.KIND, values=values))
    if level is None and (before is None or Column.LEVEL in cells):
        values = {"value": shown(cells.get(Column.LEVEL, "")), "choices": "; ".join(LEVELS.values())}
        faults.append(Fault(Trouble.LEVEL_UNKNOWN, Column.LEVEL, values=values))
    return (
        kind or (before.kind if before else UnitKind.COMMUNE),
        level or (before.level if before else UnitLevel.COMMUNE),
        faults,
    )


def _plan(entries: Sequence[_Entry], history: History, decision: Decision) -> ImportPlan:
    """Put all rows into one draft; a fault of the whole tree is told to the row of its unit."""
    draft = Draft(history, decision)
    found: dict[UUID, list[Fault]] = {}
    if not any(entry.faults for entry in entries):
        for entry in entries:
            try:
                _draft_row(draft, entry)
            except UnitRefusedError as error:
                found.setdefault(entry.unit_id, []).extend(error.faults)
        for fault in [] if found else draft.faults():
            if fault.unit_id is not None:
                found.setdefault(fault.unit_id, []).append(fault)
    own = {entry.unit_id for entry in entries}
    elsewhere = [fault for unit_id, faults in found.items() if unit_id not in own for fault in faults]
    told = elsewhere if own.isdisjoint(found) else []  # a row of the file is to blame, where there is one
    reports = [_report(entry, found, draft) for entry in entries]
    is_sound = not found and all(report.action is not Action.ERROR for report in reports)
    return ImportPlan(tuple(reports), tuple(told), draft.plan() if is_sound else None)


def _draft_row(draft: Draft, entry: _Entry) -> None:
    if entry.details is None:
        return
    if entry.before is None:
        draft.add(entry.unit_id, entry.details)
    else:
        draft.amend(entry.unit_id, entry.details)


def _report(entry: _Entry, found: Mapping[UUID, list[Fault]], draft: Draft) -> RowReport:
    faults = (*entry.faults, *found.get(entry.unit_id, ()))
    if faults or entry.details is None:
        return RowReport(entry.number, Action.ERROR, shown(entry.code), faults=faults)
    if entry.before is None:
        return RowReport(entry.number, Action.ADD, entry.code)
    changes = differences(entry.before, entry.details, draft.versions)
    return RowReport(entry.number, Action.CHANGE if changes else Action.NOTHING, entry.code, changes)
