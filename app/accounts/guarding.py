"""Guards against guessing, shared by every process through the database."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.lockout import Guard, LockRules, after_failure, is_locked, taken_back
from app.accounts.table import SIGN_IN_GUARD
from app.clock import Clock
from app.errors import ProblemCode, TooManyError

# All officers of a one-stop software come from its one address: many failures there are nothing unusual.
ADDRESS_RULES: Final = LockRules(
    max_failures=100, first_lock=timedelta(minutes=1), longest_lock=timedelta(minutes=15)
)
GUARDS_KEY: Final = "sign-in guards"
"""What the guards' secret is derived from the root key for."""

_STORE: Final = (
    update(SIGN_IN_GUARD)
    .where(SIGN_IN_GUARD.c.subject_digest == bindparam("digest"))
    .values(
        failures=bindparam("new_failures"),
        lock_count=bindparam("new_lock_count"),
        last_failure_at=bindparam("new_last_failure_at"),
        locked_until=bindparam("new_locked_until"),
    )
)


class TooManySignInsError(TooManyError):
    """Too many wrong sign-ins came from one address; none is looked at for a while."""

    def __init__(self, retry_after_seconds: int) -> None:
        """Say when the address is heard again."""
        super().__init__(ProblemCode.TOO_MANY_SIGN_INS, retry_after_seconds=retry_after_seconds)


@dataclass(frozen=True, slots=True)
class Count:
    """One guard before and after a try was counted."""

    digest: bytes
    before: Guard
    after: Guard


@dataclass(frozen=True, slots=True)
class Charge:
    """What counting a try found: whether a lock stood before, and whether this try is one too many."""

    address: Count
    account: Count
    is_account_locked: bool
    locks_account: bool

    @property
    def locks_address(self) -> bool:
        """Whether this try closes the address; one from an address that is closed is not counted."""
        return self.address.after.locked_until is not None


class SignInGuards:
    """Counts wrong sign-ins by login name and by address; a name nobody bears is guarded like any other."""

    def __init__(
        self,
        engine: AsyncEngine,
        secret: bytes,
        clock: Clock,
        account_rules: LockRules,
        address_rules: LockRules,
    ) -> None:
        """Keep counts under digests keyed by *secret*: the table names neither people nor places."""
        self._engine = engine
        self._secret = secret
        self._clock = clock
        self._account_rules = account_rules
        self._address_rules = address_rules

    async def charge(self, login_name: str, client_id: str, address: str) -> Charge:
        """Count a try before it is checked, so that tries sent at once cannot all come before the count.

        Raises TooManySignInsError for a locked address; what is not looked at locks no account.
        """
        now = self._clock.now()
        place = self._digest("address", f"{client_id}|{address}")
        account = self._digest("account", login_name)
        async with self._engine.begin() as connection:
            held = await _held_guards(connection, (place, account), now)
            if is_locked(held[place], now):
                raise TooManySignInsError(_seconds_left(held[place], now))
            address_count = Count(place, held[place], after_failure(held[place], now, self._address_rules))
            account_count = Count(
                account, held[account], after_failure(held[account], now, self._account_rules)
            )
            await connection.execute(
                _STORE, [_stored(each, each.after) for each in (address_count, account_count)]
            )
        was_locked = is_locked(account_count.before, now)
        return Charge(
            address_count,
            account_count,
            is_account_locked=was_locked,
            locks_account=is_locked(account_count.after, now) and not was_locked,
        )

    async def refund(self, charge: Charge) -> None:
        """Take the charge of a right sign-in back, and the account's earlier failures with it."""
        await self._take_back(charge, is_right=True)

    async def give_back(self, charge: Charge) -> None:
        """Take the charge of a try back that nobody found time to check."""
        await self._take_back(charge, is_right=False)

    async def _take_back(self, charge: Charge, *, is_right: bool) -> None:
        async with self._engine.begin() as connection:
            place = await _held_guard(connection, charge.address.digest)
            await _store(connection, charge.address, taken_back(place, *_change(charge.address)))
            account = await _held_guard(connection, charge.account.digest)
            account = taken_back(account, *_change(charge.account))
            await _store(connection, charge.account, replace(account, failures=0) if is_right else account)

    async def locked_until(self, connection: AsyncConnection, login_name: str) -> datetime | None:
        """Return when the lock on *login_name* ends; None where there is none."""
        query = select(SIGN_IN_GUARD.c.locked_until).where(
            SIGN_IN_GUARD.c.subject_digest == self._digest("account", login_name),
            SIGN_IN_GUARD.c.locked_until > self._clock.now(),
        )
        found: datetime | None = await connection.scalar(query)
        return found

    async def unlock(self, connection: AsyncConnection, login_name: str) -> None:
        """Forget every failure and lock under *login_name*, inside *connection*'s transaction."""
        await connection.execute(
            update(SIGN_IN_GUARD)
            .where(SIGN_IN_GUARD.c.subject_digest == self._digest("account", login_name))
            .values(failures=0, lock_count=0, locked_until=None)
        )

    def _digest(self, kind: str, subject: str) -> bytes:
        return hmac.digest(self._secret, f"{kind}|{subject}".encode(), hashlib.sha256)


async def _held_guards(
    connection: AsyncConnection, digests: Sequence[bytes], now: datetime
) -> dict[bytes, Guard]:
    """Return guards, made where there are none and held in this order until the transaction ends."""
    fresh = insert(SIGN_IN_GUARD).values(
        [{"subject_digest": digest, "failures": 0, "last_failure_at": now} for digest in digests]
    )
    # "Update" to what it is: that holds the row, and returns it whether or not it was there.
    held = fresh.on_conflict_do_update(
        index_elements=[SIGN_IN_GUARD.c.subject_digest], set_={"failures": SIGN_IN_GUARD.c.failures}
    ).returning(SIGN_IN_GUARD)
    return {row.subject_digest: _guard(row) for row in await connection.execute(held)}


async def _held_guard(connection: AsyncConnection, digest: bytes) -> Guard:
    query = select(SIGN_IN_GUARD).where(SIGN_IN_GUARD.c.subject_digest == digest).with_for_update()
    return _guard((await connection.execute(query)).one())


async def _store(connection: AsyncConnection, count: Count, guard: Guard) -> None:
    await connection.execute(_STORE, _stored(count, guard))


def _stored(count: Count, guard: Guard) -> dict[str, object]:
    return {
        "digest": count.digest,
        "new_failures": guard.failures,
        "new_lock_count": guard.lock_count,
        "new_last_failure_at": guard.last_failure_at,
        "new_locked_until": guard.locked_until,
    }


def _change(count: Count) -> tuple[Guard, Guard]:
    return count.before, count.after


def _seconds_left(guard: Guard, now: datetime) -> int:
    return ceil(((guard.locked_until or now) - now).total_seconds())


def _guard(row: object) -> Guard:
    mapping = row._mapping  # type: ignore[attr-defined] # noqa: SLF001 - SQLAlchemy's documented access
    return Guard(
        mapping["failures"], mapping["lock_count"], mapping["last_failure_at"], mapping["locked_until"]
    )
