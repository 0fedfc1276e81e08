"""What the records tell, read as an inspector would: nothing else of the gateway is asked."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.accounts.values import Role
from app.audit.record import Draft, RecordKind
from tests.lives.rules import Right

Days = tuple[date, date | None]
Dated = dict[UUID, list[tuple[Days, str]]]
_POSTED = frozenset({RecordKind.OFFICER_ADDED, RecordKind.OFFICER_POSTED, RecordKind.OFFICER_LEFT})
_STANDING = frozenset(
    {
        RecordKind.OFFICER_ADDED,
        RecordKind.OFFICER_LEFT,
        RecordKind.OFFICER_SUSPENDED,
        RecordKind.OFFICER_RESUMED,
        RecordKind.OFFICER_TERM_SET,
    }
)


def holds(days: Days, day: date) -> bool:
    start, end = days
    return start <= day and (end is None or day < end)


@dataclass
class Account:
    """An officer; postings by their first day."""

    role: str
    status: str = "active"
    term: tuple[date | None, date | None] = (None, None)
    postings: dict[date, tuple[Days, UUID]] = field(default_factory=dict)

    def unit(self, day: date) -> UUID | None:
        """Return the unit of a day; AssertionError where there are two."""
        units = [unit_id for days, unit_id in self.postings.values() if holds(days, day)]
        assert len(units) <= 1, "records post somebody to two units at once"
        return units[0] if units else None

    def may_act(self, day: date) -> bool:
        start, end = self.term
        return self.status == "active" and (start or day) <= day and (end is None or day < end)


@dataclass
class Told:
    """Accounts, units, grants and sessions as records leave them; begun from what stood before the first."""

    roles: Mapping[str, frozenset[Role]]
    codes: Dated
    grants: Dated
    accounts: dict[UUID, Account] = field(default_factory=dict)
    sessions: dict[UUID, tuple[UUID, UUID]] = field(default_factory=dict)

    def read(self, records: Iterable[Draft]) -> None:
        """Read on, in the order of the records."""
        for record in records:
            self._read(record.kind, record.facts)

    def right(self, who: UUID, day: date) -> Right | None:
        """Return what somebody may do on a day, by the records read."""
        account = self.accounts[who]
        unit_id = account.unit(day)
        if unit_id is None or not account.may_act(day):
            return None
        code = next((code for days, code in self.codes[unit_id] if holds(days, day)), None)
        if code is None:
            return None
        role = Role(account.role)
        granted = {code for days, code in self.grants.get(unit_id, ()) if holds(days, day)}
        return Right(unit_id, code, role, frozenset(one for one in granted if role in self.roles[one]))

    def session_right(self, session_id: UUID, day: date) -> Right | None:
        """Return what a session still gives: nothing once its account has changed, or moved elsewhere."""
        if session_id not in self.sessions:
            return None
        who, unit_id = self.sessions[session_id]
        right = self.right(who, day)
        return right if right is not None and right.unit_id == unit_id else None

    def _read(self, kind: RecordKind, facts: Mapping[str, Any]) -> None:
        if kind in {RecordKind.UNIT_ADDED, RecordKind.UNIT_CHANGED}:
            self._read_unit(kind, facts)
        elif kind is RecordKind.SIGN_IN_SUCCEEDED:
            who, unit_id = UUID(facts["officer_id"]), UUID(facts["unit_id"])
            self.sessions[UUID(facts["session_id"])] = (who, unit_id)
        elif kind is RecordKind.ACCOUNT_LOCKED and "officer_id" in facts:
            self._end_sessions(UUID(facts["officer_id"]))
        elif kind in _POSTED | _STANDING | {RecordKind.OFFICER_CHANGED}:
            self._read_account(kind, UUID(facts["changed_officer_id"]), facts)

    def _read_account(self, kind: RecordKind, who: UUID, facts: Mapping[str, Any]) -> None:
        if facts.get("change") == "administers_successor":
            return  # says what the posting's own record does
        before, after = (json.loads(facts.get(name, "{}")) for name in ("before", "after"))
        if kind is RecordKind.OFFICER_ADDED:
            self.accounts[who] = Account(after["role"])
        account = self.accounts[who]
        if kind is RecordKind.OFFICER_CHANGED and "role" in after:
            account.role = after["role"]
            self._end_sessions(who)
        if kind in _STANDING:
            if before.get("status", after["status"]) != after["status"]:
                self._end_sessions(who)
            account.status = after["status"]
            account.term = (_day(after["active_from"]), _day(after["active_until"]))
        if kind in _POSTED:
            self._post(account, after)
            self._end_sessions(who)

    def _post(self, account: Account, after: Mapping[str, Any]) -> None:
        for day in after.get("removed", []):
            del account.postings[date.fromisoformat(day)]
        for written in (*after.get("ended", []), *after.get("added", [])):
            start = date.fromisoformat(written["from"])
            account.postings[start] = ((start, _day(written["to"])), UUID(written["unit_id"]))

    def _end_sessions(self, who: UUID) -> None:
        self.sessions = {key: value for key, value in self.sessions.items() if value[0] != who}

    def _read_unit(self, kind: RecordKind, facts: Mapping[str, Any]) -> None:
        unit_id, on = UUID(facts["changed_unit_id"]), date.fromisoformat(facts["effective_on"])
        after = json.loads(facts.get("after", "{}"))
        successors = [UUID(one) for one in after.get("successors", [])]
        if kind is RecordKind.UNIT_ADDED:
            self.codes[unit_id], self.grants[unit_id] = [((on, None), after["agency_code"])], []
        elif facts["change"] == "merged":
            (successor,) = successors
            moving = [((max(start, on), end), code) for (start, end), code in self.grants[unit_id]]
            self.grants[successor] += [one for one in moving if one[0][1] is None or one[0][1] > on]
            self.codes[unit_id] = _cut(self.codes[unit_id], on)
            self.grants[unit_id] = _cut(self.grants[unit_id], on)
        elif facts["change"] == "closed" or (facts["change"] == "split" and unit_id not in successors):
            self.codes[unit_id] = _cut(self.codes[unit_id], on)
        elif "agency_code" in after:
            self.codes[unit_id] = [*_cut(self.codes[unit_id], on), ((on, None), after["agency_code"])]


def _cut(dated: list[tuple[Days, str]], on: date) -> list[tuple[Days, str]]:
    """Return what of it lies before a day."""
    return [
        ((start, on if end is None or on < end else end), what) for (start, end), what in dated if start < on
    ]


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
