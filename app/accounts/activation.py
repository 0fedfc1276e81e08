"""One-time codes by which a registered officer chooses a password of their own (R11, R12)."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.accounts.life_facts import ChangeFacts, time_text
from app.accounts.life_table import ACTIVATION_CODE, HANDOVER
from app.accounts.posting_plan import Document
from app.accounts.postings import OfficerUnknownError
from app.accounts.table import OFFICER
from app.audit.record import RecordKind

_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 O, 1 I L
_CODE_LENGTH: Final = 18  # of 31 marks: 89 bits
_GROUP: Final = 6
_BETWEEN: Final = re.compile(r"[\s\u2010-\u2015-]+")
_MAX_TYPED: Final = 100


class CodePurpose(StrEnum):
    """What a code is for: the first password, or another one after the officer forgot theirs."""

    FIRST_ACCESS = "first_access"
    RESET = "reset"


class HandoverFault(StrEnum):
    """Why codes cannot be handed over as asked."""

    NOBODY = "nobody"
    OFFICER_SUSPENDED = "officer_suspended"
    ALREADY_ENDED = "already_ended"
    HANDOVER_UNKNOWN = "handover_unknown"
    RECEIVED_ALREADY = "received_already"


class HandoverRefusedError(Exception):
    """No code was issued, and no receipt noted."""

    def __init__(self, fault: HandoverFault) -> None:
        """Carry why."""
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Batch:
    """Slips for one unit, handed over against one record (biên bản bàn giao)."""

    unit_id: UUID
    officer_ids: Sequence[UUID]
    issued_at: datetime
    expires_at: datetime
    issued_by: UUID | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class IssuedCodes:
    """Codes by officer: they are shown once, on the slips, and kept nowhere."""

    batch_id: UUID
    codes: dict[UUID, str] = field(repr=False)
    facts: tuple[ChangeFacts, ...]


async def issue_codes(connection: AsyncConnection, batch: Batch) -> IssuedCodes:
    """Issue a code to each officer of a batch; what codes they had before no longer work.

    Raises OfficerUnknownError, and HandoverRefusedError for an empty batch, one that has ended when it
    begins, and an officer who is suspended.
    """
    officer_ids = sorted(set(batch.officer_ids))
    if not officer_ids:
        raise HandoverRefusedError(HandoverFault.NOBODY)
    if batch.expires_at <= batch.issued_at:
        raise HandoverRefusedError(HandoverFault.ALREADY_ENDED)
    purposes = await _hold_purposes(connection, officer_ids)
    batch_id = await _write_handover(connection, batch, len(officer_ids))
    await connection.execute(
        update(ACTIVATION_CODE)
        .where(
            ACTIVATION_CODE.c.officer_id.in_(officer_ids),
            ACTIVATION_CODE.c.used_at.is_(None),
            ACTIVATION_CODE.c.revoked_at.is_(None),
        )
        .values(revoked_at=batch.issued_at)
    )
    codes = {officer_id: new_code() for officer_id in officer_ids}
    rows = [
        {
            "code_digest": code_digest(codes[officer_id]),
            "officer_id": officer_id,
            "batch_id": batch_id,
            "purpose": purposes[officer_id].value,
            "issued_at": batch.issued_at,
            "expires_at": batch.expires_at,
        }
        for officer_id in officer_ids
    ]
    await connection.execute(insert(ACTIVATION_CODE), rows)
    return IssuedCodes(batch_id, codes, _issue_facts(batch, batch_id, purposes))


async def note_receipt(
    connection: AsyncConnection, batch_id: UUID, received_by: str, received_at: datetime
) -> ChangeFacts:
    """Note who took a batch's slips, as the handover record says. Raises HandoverRefusedError."""
    held = await connection.execute(
        select(HANDOVER.c.unit_id, HANDOVER.c.received_at, HANDOVER.c.document_number)
        .where(HANDOVER.c.batch_id == batch_id)
        .with_for_update()
    )
    row = held.one_or_none()
    if row is None:
        raise HandoverRefusedError(HandoverFault.HANDOVER_UNKNOWN)
    if row.received_at is not None:
        raise HandoverRefusedError(HandoverFault.RECEIVED_ALREADY)
    await connection.execute(
        update(HANDOVER)
        .where(HANDOVER.c.batch_id == batch_id)
        .values(received_by=received_by, received_at=received_at)
    )
    return ChangeFacts(
        RecordKind.HANDOVER_RECEIVED,
        unit_id=row.unit_id,
        document=Document(row.document_number) if row.document_number else None,
        after={
            "batch_id": str(batch_id),
            "received_by": received_by,
            "received_at": time_text(received_at),
        },
    )


def new_code() -> str:
    """Return a new code such as `K7M2PQ-ABCDEF-234567`: 89 random bits, no two marks that look alike."""
    marks = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(marks[start : start + _GROUP] for start in range(0, _CODE_LENGTH, _GROUP))


def code_digest(typed: str) -> bytes:
    """Return what is stored of a code, however its letters, spaces and dashes were typed."""
    marks = _BETWEEN.sub("", typed[:_MAX_TYPED]).upper()
    return hashlib.sha256(marks.encode("utf-8", "replace")).digest()


async def _hold_purposes(connection: AsyncConnection, officer_ids: Sequence[UUID]) -> dict[UUID, CodePurpose]:
    """Return what each officer's code is for; their rows are held, so that codes are issued one at a time."""
    rows = (
        await connection.execute(
            select(OFFICER.c.officer_id, OFFICER.c.status, OFFICER.c.activated_at)
            .where(OFFICER.c.officer_id.in_(officer_ids))
            .order_by(OFFICER.c.officer_id)
            .with_for_update(key_share=True)
        )
    ).all()
    if len(rows) < len(officer_ids):
        raise OfficerUnknownError
    if any(row.status != "active" for row in rows):
        raise HandoverRefusedError(HandoverFault.OFFICER_SUSPENDED)
    return {
        row.officer_id: CodePurpose.FIRST_ACCESS if row.activated_at is None else CodePurpose.RESET
        for row in rows
    }


async def _write_handover(connection: AsyncConnection, batch: Batch, count: int) -> UUID:
    batch_id = uuid7()
    await connection.execute(
        insert(HANDOVER).values(
            batch_id=batch_id,
            unit_id=batch.unit_id,
            issued_at=batch.issued_at,
            issued_by=batch.issued_by,
            expires_at=batch.expires_at,
            code_count=count,
            document_number=batch.document.number if batch.document else None,
        )
    )
    return batch_id


def _issue_facts(batch: Batch, batch_id: UUID, purposes: dict[UUID, CodePurpose]) -> tuple[ChangeFacts, ...]:
    until = time_text(batch.expires_at)
    handover = ChangeFacts(
        RecordKind.HANDOVER_MADE,
        unit_id=batch.unit_id,
        document=batch.document,
        after={"batch_id": str(batch_id), "codes": len(purposes), "expires_at": until},
    )
    codes = (
        ChangeFacts(
            RecordKind.CODE_ISSUED,
            officer_id=officer_id,
            unit_id=batch.unit_id,
            reason=purpose.value,
            document=batch.document,
            after={"batch_id": str(batch_id), "expires_at": until},
        )
        for officer_id, purpose in purposes.items()
    )
    return (handover, *codes)
