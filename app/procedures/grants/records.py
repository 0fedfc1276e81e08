"""What changes of grants are on record as: one record for a unit, a day and a document."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final
from uuid import UUID

from app.audit.changes import Event
from app.audit.record import RecordKind, Value
from app.procedures.grants.planning import GrantChange
from app.procedures.lists.values import Action

_MOST_CODES: Final = 500  # a record has 32 KiB
_KINDS: Final = {
    Action.ADD: RecordKind.GRANT_ADDED,
    Action.CHANGE: RecordKind.GRANT_CHANGED,
    Action.END: RecordKind.GRANT_WITHDRAWN,
}
_Together = tuple[UUID, Action, date, date | None, str]


def grant_events(changes: Iterable[GrantChange]) -> list[Event]:
    """Return the records of many changes; those of one unit, day, end and document stand in one."""
    together: dict[_Together, list[str]] = {}
    for each in changes:
        asked = each.asked
        key = (each.pair[0], each.action, asked.day, asked.end, asked.document or "")
        together.setdefault(key, []).append(each.pair[1])
    return [_event(key, some) for key, codes in together.items() for some in _portions(codes)]


def _event(key: _Together, codes: list[str]) -> Event:
    unit_id, action, day, end, document = key
    facts: dict[str, Value] = {
        "changed_unit_id": str(unit_id),
        "effective_on": day.isoformat(),
        "after": " ".join(codes),
    }
    if end is not None and action is not Action.END:
        facts["expires_at"] = end.isoformat()
    if document:
        facts["document_number"] = document
    if len(codes) == 1:
        facts["procedure_code"] = codes[0]
    return Event(_KINDS[action], facts)


def _portions(codes: list[str]) -> Iterator[list[str]]:
    return (codes[start : start + _MOST_CODES] for start in range(0, len(codes), _MOST_CODES))
