"""Lookups: a question has one answer on record, and no answer is without its question."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.audit.leaf import Value
from app.audit.verifying.findings import Check, Gap, Kind, Ledger, Place
from app.audit.verifying.kinds import LOOKUP_INTENT, LOOKUP_OUTCOME, LOOKUP_REFUSED
from app.audit.verifying.spill import Spill

_INTENT: Final = (
    "insert into lookup (lookup, intent, outcomes, at, record, time) values (?, 1, 0, ?, ?, ?)"
    " on conflict (lookup) do update set intent = 1"
)
_OUTCOME: Final = (
    "insert into lookup (lookup, intent, outcomes, at, record, time) values (?, 0, 1, ?, ?, ?)"
    " on conflict (lookup) do update set outcomes = outcomes + 1, at = excluded.at, record = excluded.record,"
    " time = excluded.time"
)


class LookupChecker:
    """Is told of every record; remembers questions and answers outside of memory."""

    def __init__(self, spill: Spill, ledger: Ledger) -> None:
        """Remember in *spill*."""
        self._spill = spill
        self._ledger = ledger

    def meet(self, record_id: UUID, facts: Mapping[str, Value], place: Place) -> None:
        """Take note of a question or an answer."""
        kind = facts.get("kind")
        if kind in {LOOKUP_INTENT, LOOKUP_REFUSED}:
            self._ledger.looked_at[Check.LOOKUPS] += 1
        if kind == LOOKUP_INTENT:
            self._note(_INTENT, record_id, place)
        elif kind == LOOKUP_OUTCOME:
            try:
                lookup_id = UUID(str(facts.get("lookup_id")))
            except ValueError:
                return self._ledger.find(Kind.OUTCOME_ALONE, place)
            self._note(_OUTCOME, lookup_id, place)
        return None

    def _note(self, statement: str, lookup_id: UUID, place: Place) -> None:
        self._spill.put(statement, lookup_id.bytes, place.index, place.record_id, place.time)

    def finish(self, made_at: str, orphan_age: timedelta, *, is_whole: bool) -> None:
        """Say which questions have no answer although one is due, and which answers no question."""
        query = (
            "select intent, outcomes, at, record, time,"
            " exists (select 1 from dropped_record where record = lookup) from lookup"
            " where outcomes <> 1 or intent <> 1 order by lookup"
        )
        for intent, outcomes, at, record, time, is_dropped in self._spill.rows(query):
            place = Place(at, record, time)
            if outcomes > 1:
                self._ledger.find(Kind.OUTCOME_TWICE, place, str(outcomes))
            if not intent and is_dropped:
                self._ledger.leave_out(Gap.RECORDS_DROPPED)
            elif not is_whole and (not intent or not outcomes):
                self._ledger.leave_out(Gap.PART_OF_THE_LOG)
            elif not intent:
                self._ledger.find(Kind.OUTCOME_ALONE, place)
            elif not outcomes and _is_due(time, made_at, orphan_age):
                self._ledger.find(Kind.INTENT_OPEN, place)


def _is_due(time: str | None, made_at: str, age: timedelta) -> bool:
    try:
        return datetime.fromisoformat(str(time)) < datetime.fromisoformat(made_at) - age
    except (ValueError, TypeError):
        return True
