"""Who is active where, told from records alone."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.accounts.life_facts import ChangeFacts
from app.audit.record import RecordKind, Value

Row = tuple[date, date | None, str]
_STATUS = {RecordKind.OFFICER_SUSPENDED, RecordKind.OFFICER_RESUMED, RecordKind.OFFICER_TERM_SET}


@dataclass
class Replayed:
    """One officer as the records say."""

    role: str = ""
    status: str = "unknown"
    active_from: date | None = None
    active_until: date | None = None
    postings: dict[date, Row] = field(default_factory=dict)

    def is_active(self, day: date) -> bool:
        has_begun = self.active_from is None or self.active_from <= day
        return (
            self.status == "active" and has_begun and (self.active_until is None or day < self.active_until)
        )

    def unit(self, day: date) -> str | None:
        units = [
            unit for start, end, unit in self.postings.values() if start <= day and (not end or day < end)
        ]
        if len(units) > 1:
            raise AssertionError("two postings at once")
        return units[0] if units else None


def replay(facts: Iterable[ChangeFacts]) -> dict[str, Replayed]:
    """Return every officer the records name; only leaves are read, as an inspector would."""
    officers: dict[str, Replayed] = {}
    for fact in facts:
        leaf: Mapping[str, Value] = fact.leaf()
        officer_id = str(leaf.get("changed_officer_id"))
        after: dict[str, Any] = json.loads(str(leaf.get("after", "{}")))
        if fact.kind is RecordKind.OFFICER_ADDED:
            officers[officer_id] = Replayed(role=after["role"])
        if fact.kind in {RecordKind.OFFICER_ADDED, RecordKind.OFFICER_POSTED, RecordKind.OFFICER_LEFT}:
            _post(officers[officer_id], after)
        if fact.kind in {RecordKind.OFFICER_ADDED, RecordKind.OFFICER_LEFT, *_STATUS}:
            _set(officers[officer_id], after)
    return officers


def _post(officer: Replayed, after: dict[str, Any]) -> None:
    for day in after.get("removed", []):
        del officer.postings[date.fromisoformat(day)]
    for written in (*after.get("ended", []), *after.get("added", [])):
        start = date.fromisoformat(written["from"])
        officer.postings[start] = (start, _day(written["to"]), written["unit_id"])


def _set(officer: Replayed, after: dict[str, Any]) -> None:
    officer.status = after["status"]
    officer.active_from, officer.active_until = _day(after["active_from"]), _day(after["active_until"])


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
