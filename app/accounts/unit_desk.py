"""Where administrators read what their units are told, and see how far registration is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.posting_plan import Document
from app.accounts.refusals import Refusals
from app.accounts.registration_progress import UnitProgress, note_request, registration_progress
from app.accounts.registration_report import ProgressView, ranked
from app.accounts.unit_notices import UnitNotice, mark_read, unread_notices
from app.accounts.units_in_reach import code_of, reachable_unit, reaches, units_below
from app.accounts.values import Officer
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind
from app.clock import Clock, local_day
from app.errors import ConflictError, NotFoundError, ProblemCode


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice, and the officer it is about as far as they are known."""

    notice: UnitNotice
    officer: Officer | None


class UnitMattersDesk:
    """Answers for units in the caller's reach."""

    def __init__(
        self,
        engine: AsyncEngine,
        directory: Directory,
        changes: ChangeLog,
        refusals: Refusals,
        clock: Clock,
    ) -> None:
        """Judge by *directory*, change through *changes*."""
        self._engine = engine
        self._directory = directory
        self._changes = changes
        self._refusals = refusals
        self._clock = clock

    async def notices(self, caller: Caller, unit_name: str) -> list[NoticeView]:
        """Return what nobody has read of the unit's notices and of those below it, newest first.

        Raises NotFoundError(UNIT_UNKNOWN) and NotAllowedError (on record).
        """
        async with self._refusals(caller):
            unit_ids = self._below(caller, unit_name)
        async with self._engine.connect() as connection:
            notices = await unread_notices(connection, unit_ids)
        officers = self._directory.accounts.current.officers
        return [NoticeView(notice, officers.get(notice.officer_id)) for notice in notices]

    async def acknowledge(self, caller: Caller, unit_name: str, notice_id: UUID) -> None:
        """Mark a notice read, on record; NotFoundError: UNIT_UNKNOWN, UNIT_NOTICE_UNKNOWN."""

        async def work(connection: AsyncConnection) -> Change[None]:
            unit_ids = self._below(caller, unit_name)
            if not await mark_read(connection, notice_id, unit_ids, self._clock.now()):
                raise NotFoundError(ProblemCode.UNIT_NOTICE_UNKNOWN)
            facts = caller.facts() | {"change": "unit_notice_read", "after": str(notice_id)}
            return Change(None, RecordKind.ACCOUNT_NOTICE_READ, facts)

        async with self._refusals(caller):
            await self._changes.make(work)

    async def declare(
        self, caller: Caller, unit_name: str, declared: int, requested_at: datetime, letter: Document
    ) -> None:
        """Note that a unit asked for so many accounts.

        Raises NotFoundError(UNIT_UNKNOWN), NotAllowedError and ConflictError(DECLARED_ALREADY).
        """

        async def work(connection: AsyncConnection) -> Change[None]:
            unit_id = reachable_unit(self._directory, caller, unit_name).unit_id
            try:
                facts = await note_request(connection, unit_id, declared, requested_at, letter)
            except IntegrityError:
                raise ConflictError(ProblemCode.DECLARED_ALREADY) from None
            return Change(None, facts.kind, caller.facts() | facts.leaf())

        async with self._refusals(caller):
            await self._changes.make(work)

    async def progress(
        self, caller: Caller, unit_name: str | None = None, *, is_waiting: bool | None = None
    ) -> list[ProgressView]:
        """Return every unit in reach that asked or has officers; who waits longest comes first.

        With *unit_name* that unit and those below it; raises as `notices` does. With *is_waiting* only units
        that wait, or only others.
        """
        async with self._refusals(caller):
            below = None if unit_name is None else frozenset(self._below(caller, unit_name))
        now = self._clock.now()
        async with self._engine.connect() as connection:
            found = await registration_progress(connection, local_day(now))
        mine = [
            one
            for one in found
            if reaches(self._directory, caller, one.unit_id) and (below is None or one.unit_id in below)
        ]
        views = [self._view(one, now) for one in mine]
        return ranked([view for view in views if is_waiting in {None, view.is_waiting}])

    def unit_code(self, text: str | None) -> str | None:
        """Return the code of a unit that a condition names; NotFoundError(UNIT_UNKNOWN)."""
        return code_of(self._directory.units.current, text)

    def _below(self, caller: Caller, unit_name: str) -> list[UUID]:
        unit = reachable_unit(self._directory, caller, unit_name)
        return units_below(self._directory.units.current, unit.unit_id)

    def _view(self, one: UnitProgress, now: datetime) -> ProgressView:
        waited = one.waited(now)
        return ProgressView(
            one, self._directory.units.current.find(one.unit_id), waited.days if waited is not None else None
        )
