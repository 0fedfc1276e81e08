"""What one administrator, or the server's operator, asks for and another administrator decides."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.accounts.administration import Action
from app.accounts.administration_table import APPROVAL
from app.accounts.values import Role
from app.audit.record import Value
from app.clock import rfc3339

LASTS: Final = timedelta(hours=24)
_MAX_OF_EACH: Final = 50


class ApprovalState(StrEnum):
    """What became of a request; one that expired stays open, and nobody can decide it any more."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Approval:
    """One request; `requested_by` is None where *operator*, somebody on the server, asked.

    It is about an officer's account, or, where that is None, about *months* of the evidence.
    """

    approval_id: UUID
    action: Action
    officer_id: UUID | None
    role: Role | None
    person_code: str | None
    reason: str = field(repr=False)
    requested_by: UUID | None
    operator: str | None
    requested_at: datetime
    expires_at: datetime
    state: ApprovalState = ApprovalState.OPEN
    months: str | None = None

    @classmethod
    def new(
        cls,
        action: Action,
        officer_id: UUID,
        reason: str,
        now: datetime,
        *,
        requested_by: UUID | None = None,
        operator: str | None = None,
        role: Role | None = None,
        person_code: str | None = None,
    ) -> Self:
        """Return a request made now."""
        return cls(
            uuid7(), action, officer_id, role, person_code, reason, requested_by, operator, now, now + LASTS
        )

    @classmethod
    def of_months(cls, months: str, reason: str, now: datetime, operator: str) -> Self:
        """Return the operator's request to drop these months, named `yyyy-mm` with spaces between them."""
        return cls(
            uuid7(),
            Action.DROP_MONTHS,
            None,
            None,
            None,
            reason,
            None,
            operator,
            now,
            now + LASTS,
            months=months,
        )

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be decided."""
        return self.state is ApprovalState.OPEN and now < self.expires_at

    def facts(self) -> dict[str, Value]:
        """Return what records say of it: what for whom, why, and who asked."""
        facts: dict[str, Value] = {
            "approval_id": str(self.approval_id),
            "change": self.action.value,
            "reason": self.reason,
            "requested_by": str(self.requested_by) if self.requested_by else f"operator:{self.operator}",
        }
        about = {"changed_officer_id": self.officer_id, "months": self.months, "after": self.role}
        return facts | {name: str(what) for name, what in about.items() if what is not None}

    def requested_facts(self) -> dict[str, Value]:
        """Return the same for the record of the request, which says until when it can be decided."""
        return self.facts() | {"expires_at": rfc3339(self.expires_at)}


async def add_approval(connection: AsyncConnection, approval: Approval) -> None:
    """Store a new request."""
    await connection.execute(
        insert(APPROVAL).values(
            approval_id=approval.approval_id,
            action=approval.action.value,
            officer_id=approval.officer_id,
            months=approval.months,
            role=approval.role.value if approval.role is not None else None,
            person_code=approval.person_code,
            reason=approval.reason,
            requested_by=approval.requested_by,
            operator=approval.operator,
            requested_at=approval.requested_at,
            expires_at=approval.expires_at,
        )
    )


async def open_approvals(connection: AsyncConnection, now: datetime) -> list[Approval]:
    """Return the requests that can still be decided, oldest first.

    Of each requester the latest 50: nobody hides what others ask for behind many requests of their own.
    """
    latest = func.row_number().over(
        partition_by=APPROVAL.c.requested_by, order_by=APPROVAL.c.requested_at.desc()
    )
    ranked = (
        select(APPROVAL, latest.label("rank"))
        .where(APPROVAL.c.state == ApprovalState.OPEN.value, APPROVAL.c.expires_at > now)
        .subquery()
    )
    query = select(ranked).where(ranked.c.rank <= _MAX_OF_EACH).order_by(ranked.c.requested_at)
    return [_approval(row) for row in await connection.execute(query)]


async def find_approval(connection: AsyncConnection, approval_id: UUID) -> Approval | None:
    """Return the request as it stands; None where there is none."""
    row = (await connection.execute(select(APPROVAL).where(APPROVAL.c.approval_id == approval_id))).first()
    return _approval(row) if row is not None else None


async def held_approval(connection: AsyncConnection, approval_id: UUID) -> Approval | None:
    """Return the request, locked until the transaction ends; None where there is none."""
    query = select(APPROVAL).where(APPROVAL.c.approval_id == approval_id).with_for_update()
    row = (await connection.execute(query)).first()
    return _approval(row) if row is not None else None


async def close_approval(
    connection: AsyncConnection, approval_id: UUID, state: ApprovalState, decided_by: UUID, now: datetime
) -> None:
    """Write down how a held request was decided, and by whom."""
    await connection.execute(
        update(APPROVAL)
        .where(APPROVAL.c.approval_id == approval_id)
        .values(state=state.value, decided_by=decided_by, decided_at=now)
    )


def _approval(row: object) -> Approval:
    mapping = row._mapping  # type: ignore[attr-defined] # noqa: SLF001 - SQLAlchemy's documented access
    return Approval(
        approval_id=mapping["approval_id"],
        action=Action(mapping["action"]),
        officer_id=mapping["officer_id"],
        role=Role(mapping["role"]) if mapping["role"] is not None else None,
        person_code=mapping["person_code"],
        reason=mapping["reason"],
        requested_by=mapping["requested_by"],
        operator=mapping["operator"],
        requested_at=mapping["requested_at"],
        expires_at=mapping["expires_at"],
        state=ApprovalState(mapping["state"]),
        months=mapping["months"],
    )
