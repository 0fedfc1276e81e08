"""What officers asked of the citizen after a lookup (R41): said once, on record, and listed."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.authentication import Caller
from app.audit.changes import Change, ChangeLog
from app.audit.record import Outcome, RecordKind, Value
from app.clock import Clock
from app.errors import ConflictError, InvalidRequestError, NotFoundError, ProblemCode
from app.lookup.follow_up_store import FollowUp, add_follow_up
from app.lookup.receipt_store import EndedLookup, ReceiptStore
from app.web.papers import Paper


class PaperWhy(StrEnum):
    """Why an officer asked for paper; the list is closed, `other` needs a note."""

    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    UPSTREAM_CONFUSED = "upstream_confused"
    NOT_FOUND = "not_found"
    MISMATCH = "mismatch"
    HISTORY_NEEDED = "history_needed"
    """The procedure needs former places of residence, which the answer does not hold (R54)."""
    DATA_CONTESTED = "data_contested"
    """The citizen says that the national record is wrong."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Statement:
    """What an officer says was asked for; `note` may name people, so it is only ever sealed."""

    paper_asked: bool
    which: Paper | None = None
    why: PaperWhy | None = None
    note: str | None = field(default=None, repr=False)

    def check(self) -> None:
        """Raise InvalidRequestError, pointing to what contradicts the rest."""
        wrong = []
        if self.paper_asked is not (self.which is not None):
            wrong.append("/which")
        if self.paper_asked is not (self.why is not None):
            wrong.append("/why")
        if (self.why is PaperWhy.OTHER and self.note is None) or (self.note and not self.paper_asked):
            wrong.append("/note")
        if wrong:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=tuple(wrong))


class FollowUpDesk:
    """Takes officers' statements."""

    def __init__(self, store: ReceiptStore, changes: ChangeLog, clock: Clock) -> None:
        """Find lookups in *store*, record through *changes*."""
        self._store = store
        self._changes = changes
        self._clock = clock

    async def state(self, caller: Caller, lookup_id: UUID, statement: Statement) -> FollowUp:
        """Record what was asked for after the officer's own lookup, whatever came of that.

        Once per lookup: "no" may still become "yes", but a "yes" stays, so that nobody unsays what was
        asked of a citizen. Raises InvalidRequestError, NotFoundError (not theirs), ConflictError (it still
        runs, or was stated already) and AuditUnavailableError.
        """
        statement.check()
        lookup = await self._store.find_lookup(lookup_id)
        if lookup is None or lookup.officer_id != caller.officer.officer_id:
            raise NotFoundError(ProblemCode.LOOKUP_UNKNOWN)
        if lookup.outcome is None:
            raise ConflictError(ProblemCode.LOOKUP_NOT_ENDED, lookup_id=lookup_id)
        follow_up = _follow_up(lookup, lookup.outcome, statement, self._clock.now())
        facts, subject = _facts(caller, follow_up), _subject(statement)

        async def work(connection: AsyncConnection) -> Change[FollowUp]:
            if not await add_follow_up(connection, follow_up):
                raise ConflictError(ProblemCode.FOLLOW_UP_RECORDED, lookup_id=lookup_id)
            return Change(follow_up, RecordKind.LOOKUP_FOLLOW_UP, facts, subject=subject)

        return await self._changes.make(work)


def _follow_up(lookup: EndedLookup, outcome: Outcome, statement: Statement, now: datetime) -> FollowUp:
    return FollowUp(
        lookup_id=lookup.lookup_id,
        officer_id=lookup.officer_id,
        unit_id=lookup.unit_id,
        procedure_code=lookup.procedure_code,
        dossier_code=lookup.dossier_code,
        outcome=outcome,
        may_ask=lookup.may_ask,
        paper_asked=statement.paper_asked,
        which=statement.which.value if statement.which is not None else None,
        why=statement.why.value if statement.why is not None else None,
        asked_at=lookup.asked_at,
        recorded_at=now,
    )


def _facts(caller: Caller, follow_up: FollowUp) -> dict[str, Value]:
    facts: dict[str, Value] = caller.facts() | {
        "lookup_id": str(follow_up.lookup_id),
        "paper_asked": int(follow_up.paper_asked),
        "paper_may_ask": int(follow_up.may_ask),
    }
    named = {
        "procedure_code": follow_up.procedure_code,
        "dossier_code": follow_up.dossier_code,
        "paper_which": follow_up.which,
        "paper_why": follow_up.why,
    }
    return facts | {name: text for name, text in named.items() if text is not None}


def _subject(statement: Statement) -> bytes | None:
    if statement.note is None:
        return None
    return json.dumps({"note": statement.note}, ensure_ascii=False, separators=(",", ":")).encode()
