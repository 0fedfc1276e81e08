"""Reading and changing one officer's account inside a transaction, the row held against others."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NoReturn
from uuid import UUID

import asyncpg
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.store import Accounts
from app.accounts.table import OFFICER, RECOVERY_CODE, SECOND_FACTOR, SESSION
from app.accounts.values import Officer, Role
from app.errors import ConflictError, NotFoundError, ProblemCode

_ACTIVE: Final = "active"
_SUSPENDED: Final = "suspended"
_PERSON_RULES: Final = ("uq_officer_person_single", "uq_officer_person_privileged")


@dataclass(frozen=True, slots=True)
class Account:
    """An officer as the database has them now, and the version a change of theirs must name."""

    officer: Officer
    version: int

    @property
    def status(self) -> str:
        """`active` or `suspended`."""
        return _ACTIVE if self.officer.is_active else _SUSPENDED


async def find_account(
    connection: AsyncConnection, accounts: Accounts, officer_id: UUID, *, is_held: bool = False
) -> Account:
    """Return the account, where *is_held* locked until the transaction ends.

    Raises NotFoundError(OFFICER_UNKNOWN).
    """
    officer = accounts.officers.get(officer_id)
    query = select(OFFICER.c.role, OFFICER.c.status, OFFICER.c.person_code, OFFICER.c.version).where(
        OFFICER.c.officer_id == officer_id
    )
    row = (await connection.execute(query.with_for_update() if is_held else query)).first()
    if officer is None or row is None:
        raise NotFoundError(ProblemCode.OFFICER_UNKNOWN)
    # What rights depend on is read here; the directory may be a moment behind.
    present = replace(
        officer, role=Role(row.role), is_active=row.status == _ACTIVE, person_code=row.person_code
    )
    return Account(present, row.version)


async def last_sign_in(connection: AsyncConnection, officer_id: UUID) -> datetime | None:
    """Return when the officer last signed in; None where they never did."""
    query = select(func.max(SESSION.c.started_at)).where(SESSION.c.officer_id == officer_id)
    found: datetime | None = await connection.scalar(query)
    return found


@contextmanager
def person_rules() -> Iterator[None]:
    """Say ConflictError(PERSON_HAS_ANOTHER_ACCOUNT) where the person may not hold this account too."""
    try:
        yield
    except IntegrityError as error:
        _explain(error)


async def set_role(
    connection: AsyncConnection, officer_id: UUID, role: Role, person_code: str | None
) -> None:
    """Give the officer a role; ConflictError(PERSON_HAS_ANOTHER_ACCOUNT) where the person may not hold it."""
    await _update(connection, officer_id, role=role.value, person_code=person_code)


async def end_all_sessions(connection: AsyncConnection, officer_id: UUID) -> None:
    """End every session of the officer."""
    later = update(OFFICER).values(session_epoch=OFFICER.c.session_epoch + 1)
    await connection.execute(later.where(OFFICER.c.officer_id == officer_id))


async def remove_second_factor(connection: AsyncConnection, officer_id: UUID) -> bool:
    """Take the second factor and its recovery codes off; return whether there was one.

    The officer's sessions end (by trigger).
    """
    await connection.execute(delete(RECOVERY_CODE).where(RECOVERY_CODE.c.officer_id == officer_id))
    removed = await connection.execute(delete(SECOND_FACTOR).where(SECOND_FACTOR.c.officer_id == officer_id))
    return removed.rowcount == 1


async def _update(connection: AsyncConnection, officer_id: UUID, **values: str | None) -> None:
    with person_rules():
        await connection.execute(update(OFFICER).where(OFFICER.c.officer_id == officer_id).values(**values))


def _explain(error: IntegrityError) -> NoReturn:
    cause = error.orig.__cause__ if error.orig is not None else None
    if isinstance(cause, asyncpg.UniqueViolationError) and cause.constraint_name in _PERSON_RULES:
        raise ConflictError(ProblemCode.PERSON_HAS_ANOTHER_ACCOUNT) from None
    raise error
