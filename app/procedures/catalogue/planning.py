"""Decides what a list of procedures would do: each row alone, then beside the others and the catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from app.procedures.catalogue.entries import code_of, entry_cells, read_entry
from app.procedures.catalogue.form import Column, Heading
from app.procedures.catalogue.values import EntryChange, Version, version_on
from app.procedures.lists.cells import document_of, written
from app.procedures.lists.faults import Fault, FaultCode
from app.procedures.lists.values import Action, Change, ListPlan, ListRow, PlannedRow, Terms
from app.procedures.values import Procedure

Known = Mapping[str, Sequence[Version]]
_FILLED_IN_AN_ENTRY: Final = 2


def plan_catalogue(rows: Sequence[ListRow], known: Known, terms: Terms) -> ListPlan[EntryChange]:
    """Return what each row would do from the terms' day on, or all that is wrong with it.

    *known* has all versions of each procedure. Procedures that the list leaves out stay. Pure: the same
    list against what it made is unchanged in every row.
    """
    first: dict[str, int] = {}
    return ListPlan(tuple(_plan_row(row, known, terms, first) for row in rows))


def _plan_row(row: ListRow, known: Known, terms: Terms, first: dict[str, int]) -> PlannedRow[EntryChange]:
    filled = row.texts.keys() - {Column.NUMBER, Column.NOTE}
    if not row.text(Column.PROCEDURE_CODE) and len(filled) < _FILLED_IN_AN_ENTRY:
        return _refused(row, "", [Fault(FaultCode.NOT_A_ROW, Column.PROCEDURE_CODE)])
    code = code_of(row)
    subject = code if isinstance(code, str) else ""
    versions = known.get(subject, ())
    said = version_on(versions, terms.on)
    before = said.procedure if said is not None else None
    after = read_entry(row, subject, before, terms.on)
    document = document_of(row, Column.DOCUMENT_NUMBER, terms.document_number)
    faults = [part for part in (code, document) if isinstance(part, Fault)]
    if subject and first.setdefault(subject, row.number) != row.number:
        faults.append(Fault(FaultCode.CODE_TWICE, Column.PROCEDURE_CODE, {"rows": str(first[subject])}))
    if isinstance(after, list) or isinstance(document, Fault) or faults:
        return _refused(row, subject, [*faults, *(after if isinstance(after, list) else ())])
    if after == before:
        return PlannedRow(row.number, Action.UNCHANGED, subject)
    if late := _later(versions, terms):
        return _refused(row, subject, late)
    work = EntryChange(before, after, terms.on, document or None)
    action = Action.ADD if before is None else Action.CHANGE
    return PlannedRow(row.number, action, subject, tuple(changes(before, after)), work, _warnings(after))


def _refused(row: ListRow, subject: str, faults: Iterable[Fault]) -> PlannedRow[EntryChange]:
    return PlannedRow(row.number, Action.REFUSED, subject, faults=tuple(faults))


def _later(versions: Sequence[Version], terms: Terms) -> list[Fault]:
    """Return the fault of a change planned for a later day, which was decided on what is now said."""
    later = [version.holds_from for version in versions if version.holds_from > terms.on]
    return [
        Fault(FaultCode.LATER_VERSION, Column.PROCEDURE_CODE, {"since": written(day)}) for day in later[-1:]
    ]


def _warnings(after: Procedure) -> tuple[Fault, ...]:
    if after.service_code is not None:
        return ()
    return (Fault(FaultCode.SERVICE_CODE_MISSING, Column.SERVICE_CODE),)


def changes(before: Procedure | None, after: Procedure) -> Iterable[Change]:
    """Yield what differs, as a list writes it."""
    former: Mapping[Heading, str] = entry_cells(before) if before is not None else {}
    for heading, value in entry_cells(after).items():
        if value != former.get(heading, ""):
            yield Change(heading.value, former.get(heading, ""), value)
