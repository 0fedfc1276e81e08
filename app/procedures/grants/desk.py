"""Where administrators see what units may handle, on any day, and the department grants and withdraws it."""

import asyncio
from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.authentication import Caller
from app.accounts.refusals import Refusals
from app.audit.changes import Change, ChangeLog, Unchanged
from app.clock import Clock, local_day
from app.database.live import LiveView
from app.errors import ConflictError, InvalidRequestError, NotAllowedError, NotFoundError, ProblemCode
from app.procedures.codes import PROCEDURE_CODE
from app.procedures.grants.changing import apply_list, carry_out, check_list, plan_pairs
from app.procedures.grants.files import read_list
from app.procedures.grants.form import Deed
from app.procedures.grants.periods import Asked, Periods
from app.procedures.grants.planning import GrantChange, Pair
from app.procedures.grants.schemas import AnyGrantChange, Give
from app.procedures.grants.store import Allowed, GrantFilter, find_allowed, load_ground, lock_grants
from app.procedures.grants.viewing import version_number
from app.procedures.lists.reporting import ListReport
from app.procedures.lists.sending import ChangeRefusedError, ListSlots, SentList
from app.procedures.lists.values import Terms
from app.procedures.reach import units_in_reach
from app.procedures.unit_problems import known_unit
from app.units.history import History
from app.units.store import UnitRegister
from app.units.troubles import UnitRefusedError

_EVERY: Final = 200_000


class GrantDesk:
    """Answers from the database, past days included; changes one after the other."""

    def __init__(
        self,
        engine: AsyncEngine,
        units: LiveView[UnitRegister],
        changes: ChangeLog,
        refusals: Refusals,
        slots: ListSlots,
        clock: Clock,
    ) -> None:
        """See units by *units*, change through *changes*."""
        self._engine = engine
        self._units = units
        self._changes = changes
        self._refusals = refusals
        self._slots = slots
        self._clock = clock

    @property
    def today(self) -> date:
        """The day it is in Vietnam."""
        return local_day(self._clock.now())

    @property
    def _history(self) -> History:
        return self._units.current.history

    async def units(
        self, caller: Caller, unit: UUID | str | None, day: date, *, with_predecessors: bool = False
    ) -> Collection[UUID] | None:
        """Return the units whose grants of *day* are asked for and may be seen; None for all.

        Raises NotFoundError(UNIT_UNKNOWN) and NotAllowedError (on record) for one outside the caller's.
        """
        reach = units_in_reach(self._history, caller, day)
        if unit is None:
            return reach
        unit_id = _unit_on(self._history, unit, day)
        async with self._refusals(caller, changed_unit_id=unit_id):
            if reach is not None and unit_id not in reach:
                raise NotAllowedError(ProblemCode.OUTSIDE_OWN_UNITS)
        former = self._units.current.predecessors(unit_id) if with_predecessors else frozenset()
        return {unit_id} | former

    async def page(
        self,
        day: date,
        units: Collection[UUID] | None,
        procedure_code: str | None = None,
        after: Pair | None = None,
        limit: int = _EVERY,
    ) -> list[Allowed]:
        """Return the grants that held on *day*."""
        async with self._engine.connect() as connection:
            return await find_allowed(connection, day, GrantFilter(units, procedure_code), after, limit)

    async def find(self, caller: Caller, unit: str, procedure_code: str) -> tuple[UUID, Periods]:
        """Return all periods of a unit and a procedure, none where it never was granted.

        Raises NotFoundError (UNIT_UNKNOWN, CATALOGUE_ENTRY_UNKNOWN), NotAllowedError (on record).
        """
        unit_id = known_unit(self._history, unit)
        await self.units(caller, unit_id, self.today)
        async with self._engine.connect() as connection:
            return unit_id, await _periods(connection, (unit_id, procedure_code))

    async def change(
        self, caller: Caller, unit: str, procedure_code: str, version: int, body: AnyGrantChange
    ) -> tuple[UUID, Periods]:
        """Carry one decision out and return the periods afterwards.

        Raises NotFoundError, ConflictError (VERSION_OUTDATED, NOTHING_TO_CHANGE), ChangeRefusedError and
        AuditUnavailableError; nothing has changed then.
        """
        pair = (known_unit(self._history, unit), procedure_code)
        terms = self.terms(body.on, body.document_number)
        until = body.until if isinstance(body, Give) else None
        deed = Deed.GIVE if isinstance(body, Give) else Deed.WITHDRAW
        asked = Asked(deed, terms.on, None, until, document=body.document_number)

        async def work(connection: AsyncConnection) -> Change[Periods] | Unchanged[Periods]:
            await lock_grants(connection)
            if version_number(await _periods(connection, pair)) != version:
                raise ConflictError(ProblemCode.VERSION_OUTDATED)
            plan = await plan_pairs(connection, [pair], asked, terms)
            if not plan.may_be_applied:
                raise ChangeRefusedError(ProblemCode.GRANT_CHANGE_REFUSED, plan.rows[0].faults)
            if not plan.works:
                raise ConflictError(ProblemCode.NOTHING_TO_CHANGE)
            events = await carry_out(connection, plan, caller.facts())
            return Change.of_events(plan.works[0].after, events)

        return pair[0], await self._changes.make(work)

    async def take_list(
        self, caller: Caller, sent: SentList, terms: Terms, *, is_dry_run: bool
    ) -> ListReport[GrantChange]:
        """Do what a list says, all of it or nothing; return what each row comes to.

        Raises SheetError, ListBusyError and AuditUnavailableError; nothing has changed then.
        """
        with self._slots.slot():
            table = await asyncio.to_thread(read_list, sent.content, sent.name, sent.sheet)
            if is_dry_run:
                async with self._engine.connect() as connection:
                    return await check_list(connection, table, terms)
            return await self._changes.make(apply_list(table, terms, caller.facts()))

    def terms(self, on: date | None, document_number: str | None) -> Terms:
        """Return what stands for rows that say neither; InvalidRequestError for a day that is past."""
        if on is not None and on < self.today:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/on",))
        return Terms(on or self.today, self.today, document_number or "")


async def _periods(connection: AsyncConnection, pair: Pair) -> Periods:
    if not PROCEDURE_CODE.fullmatch(pair[1]):
        raise NotFoundError(ProblemCode.CATALOGUE_ENTRY_UNKNOWN)
    ground = await load_ground(connection, [pair[0]], [pair[1]])
    if pair[1] not in ground.catalogue:
        raise NotFoundError(ProblemCode.CATALOGUE_ENTRY_UNKNOWN)
    return ground.periods.get(pair, ())


def _unit_on(history: History, unit: UUID | str, day: date) -> UUID:
    if isinstance(unit, UUID):
        return known_unit(history, unit)
    try:
        return history.find(unit, day)
    except UnitRefusedError:
        raise NotFoundError(ProblemCode.UNIT_UNKNOWN) from None
