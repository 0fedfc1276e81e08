"""Where officers make and withdraw their lookup-only keys, and administrators withdraw them; on record."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.administration import Action
from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.clients import ClientKind
from app.accounts.compatible_credentials import load_compatible
from app.accounts.expiring import KeyStanding, standing_of
from app.accounts.lookup_key_list import KeyFilter, ListedKey, list_keys
from app.accounts.lookup_keys import LookupKey, NewLookupKey, add_lookup_key, end_lookup_key, keys_of
from app.accounts.refusals import Refusals
from app.accounts.table import OFFICER
from app.accounts.units_in_reach import units_below
from app.accounts.values import Role
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind, Value
from app.clock import Clock, rfc3339
from app.errors import ConflictError, NotFoundError, ProblemCode

_MOST_KEYS: Final = 5


class LookupKeyDesk:
    """Keys are shown once, when they are made; withdrawing one bites within a second."""

    def __init__(
        self,
        engine: AsyncEngine,
        directory: Directory,
        changes: ChangeLog,
        refusals: Refusals,
        clock: Clock,
        *,
        usual_days: int,
    ) -> None:
        """Judge by *directory*, change through *changes*; a key lasts *usual_days* unless fewer are asked."""
        self._engine = engine
        self._directory = directory
        self._changes = changes
        self._refusals = refusals
        self._clock = clock
        self._usual_days = usual_days

    async def own(self, caller: Caller) -> list[LookupKey]:
        """Return the caller's keys that nobody has withdrawn, newest first."""
        async with self._engine.connect() as connection:
            return await keys_of(connection, caller.officer.officer_id)

    async def make(self, caller: Caller, client_id: str, days: int | None) -> NewLookupKey:
        """Make a key for one client software; it ends by itself after at most the usual days.

        Raises NotFoundError(CLIENT_UNKNOWN) for software that serves not this officer or calls in no old
        way, ConflictError(TOO_MANY_LOOKUP_KEYS) and AuditUnavailableError.
        """
        officer_id, now = caller.officer.officer_id, self._clock.now()
        until = now + timedelta(days=min(days or self._usual_days, self._usual_days))

        async def work(connection: AsyncConnection) -> Change[NewLookupKey]:
            # Held, so that keys made at once are counted one after the other.
            held = select(OFFICER.c.officer_id).where(OFFICER.c.officer_id == officer_id)
            await connection.execute(held.with_for_update())
            await self._check_client(connection, caller, client_id, now)
            known = await keys_of(connection, officer_id)
            if sum(now < key.expires_at for key in known) >= _MOST_KEYS:
                raise ConflictError(ProblemCode.TOO_MANY_LOOKUP_KEYS)
            new = await add_lookup_key(
                connection,
                officer_id=officer_id,
                unit_id=caller.unit.unit_id,
                client_id=client_id,
                now=now,
                until=until,
            )
            said: dict[str, Value] = {
                "changed_officer_id": str(officer_id),
                "changed_client_id": client_id,
                "after": str(new.key.key_id),
                "expires_at": rfc3339(until),
            }
            return Change(new, RecordKind.LOOKUP_KEY_MADE, caller.facts() | said)

        return await self._changes.make(work)

    async def withdraw_own(self, caller: Caller, key_id: UUID) -> None:
        """Withdraw one of the caller's keys; NotFoundError(LOOKUP_KEY_UNKNOWN), AuditUnavailableError."""
        await self._withdraw(caller, caller.officer.officer_id, key_id)

    async def listed(
        self, caller: Caller, standing: KeyStanding | None, *, after: str | None, most: int
    ) -> list[ListedKey]:
        """Return keys of the caller's unit and below, for the department of all; raises as list_keys."""
        units = self._directory.units.current
        own = caller.officer.unit_id
        everywhere = caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR
        reach = None if everywhere else units_below(units, own) if own is not None else []
        async with self._engine.connect() as connection:
            wanted = KeyFilter(reach, standing)
            return await list_keys(connection, wanted, self._clock.now(), after=after, most=most)

    def standing(self, key: LookupKey | ListedKey) -> KeyStanding:
        """Return how a key stands now."""
        return standing_of(key.expires_at, self._clock.now())

    async def of_officer(self, caller: Caller, officer_id: UUID) -> list[LookupKey]:
        """Return an officer's keys; raises NotFoundError(OFFICER_UNKNOWN), NotAllowedError (on record)."""
        async with self._refusals(caller, changed_officer_id=officer_id):
            self._check(caller, officer_id, Action.VIEW)
        async with self._engine.connect() as connection:
            return await keys_of(connection, officer_id)

    async def withdraw(self, caller: Caller, officer_id: UUID, key_id: UUID) -> None:
        """Withdraw an officer's key; raises as `of_officer` and `withdraw_own`."""
        async with self._refusals(caller, changed_officer_id=officer_id):
            self._check(caller, officer_id, Action.END_SESSIONS)
        await self._withdraw(caller, officer_id, key_id)

    async def _withdraw(self, caller: Caller, officer_id: UUID, key_id: UUID) -> None:
        async def work(connection: AsyncConnection) -> Change[None]:
            client_id = await end_lookup_key(connection, officer_id, key_id, self._clock.now())
            if client_id is None:
                raise NotFoundError(ProblemCode.LOOKUP_KEY_UNKNOWN)
            said: dict[str, Value] = {
                "changed_officer_id": str(officer_id),
                "changed_client_id": client_id,
                "before": str(key_id),
            }
            return Change(None, RecordKind.LOOKUP_KEY_WITHDRAWN, caller.facts() | said)

        await self._changes.make(work)

    def _check(self, caller: Caller, officer_id: UUID, action: Action) -> None:
        officer = self._directory.accounts.current.officers.get(officer_id)
        if officer is None:
            raise NotFoundError(ProblemCode.OFFICER_UNKNOWN)
        self._directory.check(caller, officer, action)

    async def _check_client(
        self, connection: AsyncConnection, caller: Caller, client_id: str, now: datetime
    ) -> None:
        client = self._directory.accounts.current.clients.get(client_id)
        if (
            client is None
            or client.kind is not ClientKind.SERVICE
            or client.refusal(now) is not None
            or not client.serves(caller.unit.unit_id, self._directory.units.current)
            or not any(one.is_valid(now) for one in await load_compatible(connection, client_id))
        ):
            raise NotFoundError(ProblemCode.CLIENT_UNKNOWN)
