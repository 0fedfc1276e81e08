"""Whose draft made the database refuse a batch: a key, a lookup or a record id that is already taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from app.audit.log import AlreadyClosedError, ClaimTakenError
from app.audit.record import RecordKind
from app.audit.waiting import Waiter
from app.errors import AuditUnavailableError

_TAKEN_CLAIMS: Final = (
    "select key_digest, request_digest, lookup_id from audit_claim where key_digest = any ($1::bytea[])"
)
_CLOSED_LOOKUPS: Final = "select lookup_id from audit_outcome where lookup_id = any ($1::uuid[])"
_PRESENT_RECORDS: Final = "select record_id from audit_record where record_id = any ($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Conflicts:
    """What of a batch is already in the database."""

    claims: Mapping[bytes, asyncpg.Record]
    closed: frozenset[UUID]
    present: frozenset[UUID]

    def reason(self, waiter: Waiter) -> Exception | None:
        """Return what to tell *waiter*, or None where nothing stands in its way."""
        draft, claim = waiter.draft, waiter.draft.claim
        if claim is not None and (row := self.claims.get(claim.key_digest)) is not None:
            is_same = row["request_digest"] == claim.request_digest
            return ClaimTakenError(row["lookup_id"], is_same_request=is_same)
        if draft.kind is RecordKind.LOOKUP_OUTCOME and draft.lookup_id in self.closed:
            return AlreadyClosedError()
        if draft.record_id in self.present:
            # The same draft again: what became of the first try is never read back to decide.
            return AuditUnavailableError()
        return None


async def find_conflicts(connection: asyncpg.Connection, batch: Sequence[Waiter]) -> Conflicts:
    """Ask what of *batch* is already taken."""
    drafts = [waiter.draft for waiter in batch]
    keys = [draft.claim.key_digest for draft in drafts if draft.claim is not None]
    lookups = [draft.lookup_id for draft in drafts if draft.kind is RecordKind.LOOKUP_OUTCOME]
    claims = await connection.fetch(_TAKEN_CLAIMS, keys)
    closed = await connection.fetch(_CLOSED_LOOKUPS, lookups)
    present = await connection.fetch(_PRESENT_RECORDS, [draft.record_id for draft in drafts])
    return Conflicts(
        {row["key_digest"]: row for row in claims},
        frozenset(row["lookup_id"] for row in closed),
        frozenset(row["record_id"] for row in present),
    )
