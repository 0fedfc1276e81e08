"""What officers sign in with, as the serving role may change it: passwords, their history, second factors."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.table import OFFICER, PASSWORD_HISTORY, RECOVERY_CODE, SECOND_FACTOR
from app.accounts.values import Officer


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """An officer's second factor; it counts once it is confirmed by a first code."""

    wrapped_secret: bytes = field(repr=False)
    is_confirmed: bool
    last_used_step: int


class CredentialStore:
    """Reads and writes credentials; never in clear."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Use *engine*."""
        self._engine = engine
        # For what is one statement, and done at every sign-in: without BEGIN and COMMIT it is one round trip.
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def recent_hashes(self, officer_id: UUID, count: int) -> list[str]:
        """Return the officer's latest *count* password hashes, the present one included.

        The history holds former ones only: a hash that is raised to today's parameters is the present one.
        """
        query = (
            select(PASSWORD_HISTORY.c.password_hash)
            .where(PASSWORD_HISTORY.c.officer_id == officer_id)
            .order_by(PASSWORD_HISTORY.c.changed_at.desc())
            .limit(count - 1)
        )
        present = select(OFFICER.c.password_hash).where(OFFICER.c.officer_id == officer_id)
        async with self._engine.connect() as connection:
            hashes = [await connection.scalar(present), *(await connection.execute(query)).scalars()]
        return [kept for kept in hashes if kept]

    async def set_password(self, officer: Officer, password_hash: str, now: datetime) -> bool:
        """Give the officer a new password of their own choice; every session they have ends (by trigger).

        Changes nothing and returns False where *officer* is out of date: somebody else changed it meanwhile.
        """
        async with self._engine.begin() as connection:
            return await set_own_password(connection, officer, password_hash, now)

    async def raise_hash(self, officer_id: UUID, old_hash: str, new_hash: str) -> None:
        """Replace a hash by one of the same password under today's parameters."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(OFFICER)
                .where(OFFICER.c.officer_id == officer_id, OFFICER.c.password_hash == old_hash)
                .values(password_hash=new_hash)
            )

    async def end_sessions(self, officer_id: UUID) -> None:
        """End every session the officer has; nothing happens where there is no such officer."""
        later = update(OFFICER).values(session_epoch=OFFICER.c.session_epoch + 1)
        async with self._engine.begin() as connection:
            await connection.execute(later.where(OFFICER.c.officer_id == officer_id))

    async def second_factor(self, officer_id: UUID) -> SecondFactor | None:
        """Return the officer's second factor, confirmed or not."""
        query = select(SECOND_FACTOR).where(SECOND_FACTOR.c.officer_id == officer_id)
        async with self._single.connect() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        return SecondFactor(row.wrapped_secret, row.confirmed_at is not None, row.last_used_step)

    async def begin_second_factor(self, officer_id: UUID, wrapped_secret: bytes) -> bool:
        """Store an unconfirmed secret; return False where a confirmed one stands, which is not replaced."""
        row = upsert(SECOND_FACTOR).values(officer_id=officer_id, wrapped_secret=wrapped_secret)
        row = row.on_conflict_do_update(
            index_elements=[SECOND_FACTOR.c.officer_id],
            set_={"wrapped_secret": wrapped_secret, "last_used_step": 0},
            where=SECOND_FACTOR.c.confirmed_at.is_(None),
        )
        async with self._engine.begin() as connection:
            return (await connection.execute(row)).rowcount == 1

    async def confirm_second_factor(
        self, officer_id: UUID, wrapped_secret: bytes, step: int, now: datetime, code_digests: Iterable[bytes]
    ) -> bool:
        """Make this secret count from now on, with these recovery codes; every session ends (by trigger).

        Changes nothing and returns False where another secret took its place, or was confirmed, meanwhile.
        """
        async with self._engine.begin() as connection:
            confirmed = await connection.execute(
                update(SECOND_FACTOR)
                .where(
                    SECOND_FACTOR.c.officer_id == officer_id,
                    SECOND_FACTOR.c.wrapped_secret == wrapped_secret,
                    SECOND_FACTOR.c.confirmed_at.is_(None),
                )
                .values(confirmed_at=now, last_used_step=step)
            )
            if confirmed.rowcount == 0:
                return False
            await connection.execute(delete(RECOVERY_CODE).where(RECOVERY_CODE.c.officer_id == officer_id))
            await connection.execute(
                insert(RECOVERY_CODE),
                [{"officer_id": officer_id, "code_digest": digest} for digest in code_digests],
            )
            return True

    async def use_step(self, officer_id: UUID, step: int) -> bool:
        """Use a time step up; return False where it, or a later one, was used by somebody quicker."""
        query = (
            update(SECOND_FACTOR)
            .where(SECOND_FACTOR.c.officer_id == officer_id, SECOND_FACTOR.c.last_used_step < step)
            .values(last_used_step=step)
        )
        async with self._single.connect() as connection:
            return (await connection.execute(query)).rowcount == 1

    async def use_recovery_code(self, officer_id: UUID, code_digest: bytes, now: datetime) -> bool:
        """Use a recovery code up; return False where there is no such unused code."""
        query = (
            update(RECOVERY_CODE)
            .where(
                RECOVERY_CODE.c.officer_id == officer_id,
                RECOVERY_CODE.c.code_digest == code_digest,
                RECOVERY_CODE.c.used_at.is_(None),
            )
            .values(used_at=now)
        )
        async with self._single.connect() as connection:
            return (await connection.execute(query)).rowcount == 1


async def set_own_password(
    connection: AsyncConnection, officer: Officer, password_hash: str, now: datetime
) -> bool:
    """Give the officer a password of their own choice inside *connection*'s transaction.

    Their account is activated by the first one, and every session ends (by trigger). Changes nothing and
    returns False where *officer* is out of date.
    """
    changed = await connection.execute(
        update(OFFICER)
        .where(
            OFFICER.c.officer_id == officer.officer_id,
            OFFICER.c.password_changed_at.is_not_distinct_from(officer.password_changed_at),
        )
        .values(
            password_hash=password_hash,
            password_changed_at=now,
            must_change_password=False,
            first_password_until=None,
            activated_at=func.coalesce(OFFICER.c.activated_at, now),
        )
    )
    if changed.rowcount == 1 and officer.password_hash is not None:
        former = {
            "officer_id": officer.officer_id,
            "changed_at": officer.password_changed_at or now,
            "password_hash": officer.password_hash,
        }
        await connection.execute(upsert(PASSWORD_HISTORY).values(former).on_conflict_do_nothing())
    return changed.rowcount == 1
