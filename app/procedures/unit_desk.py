"""Where administrators see the tree of units, and the department changes it; each change is on record."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.authentication import Caller
from app.accounts.refusals import Refusals
from app.accounts.values import Role
from app.audit.changes import Change, ChangeLog, Event, Unchanged
from app.clock import Clock, local_day
from app.database.live import LiveView
from app.errors import ConflictError, NotAllowedError, ProblemCode
from app.procedures.holdings import PostingsAndGrants
from app.procedures.unit_changes import UnitChange, make_unit_change
from app.procedures.unit_problems import (
    UnitFileRefusedError,
    UnitFileUnreadableError,
    known_unit,
    unit_trouble,
)
from app.procedures.unit_requests import addition, change_of
from app.procedures.unit_schemas import AnyChange, Merge, NewUnitRequest
from app.sheets.errors import SheetError
from app.units.changing import carry_out, locked_history
from app.units.files import read_units
from app.units.history import History
from app.units.importing import Action, ImportPlan, Row, plan_import
from app.units.plans import Plan
from app.units.records import unit_event
from app.units.store import UnitRegister, load_history
from app.units.troubles import Trouble, UnitRefusedError, refused
from app.units.values import Decision
from app.units.viewing import is_visible_from, subtree, version_number

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UnitDone:
    """What a decision did, or in a dry run would do, and the unit's version afterwards."""

    unit_id: UUID
    version: int
    change: UnitChange
    is_dry_run: bool


class UnitDesk:
    """Answers from the directory; changes under a lock on the whole tree."""

    def __init__(
        self,
        engine: AsyncEngine,
        units: LiveView[UnitRegister],
        changes: ChangeLog,
        refusals: Refusals,
        clock: Clock,
    ) -> None:
        """See by *units*, change through *changes*."""
        self._engine = engine
        self._units = units
        self._changes = changes
        self._refusals = refusals
        self._clock = clock
        self._reading = asyncio.Semaphore(1)  # a file may cost a processor for seconds

    @property
    def today(self) -> date:
        """The day it is in Vietnam."""
        return local_day(self._clock.now())

    @property
    def history(self) -> History:
        """All units on all days, as this process knows them; DirectoryStaleError."""
        return self._units.current.history

    def root_of(self, caller: Caller) -> UUID | None:
        """Return the unit at and below which the caller sees units, None for the whole province."""
        return None if caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR else caller.unit.unit_id

    async def within(self, caller: Caller, day: date, below: UUID | None) -> set[UUID] | None:
        """Return the units of *day* that the caller may see, below one of them or all; None for all.

        Raises NotAllowedError (on record) for a unit outside their own.
        """
        tree, root = self.history.on(day), self.root_of(caller)
        if root is None:
            return subtree(tree, below) if below is not None else None
        own = subtree(tree, root)
        if below is None:
            return own
        async with self._refusals(caller, changed_unit_id=below):
            if below not in own:
                raise NotAllowedError(ProblemCode.OUTSIDE_OWN_UNITS)
        return subtree(tree, below)

    async def find(self, caller: Caller, text: str) -> UUID:
        """Return the id of a unit that the caller may see; NotFoundError, NotAllowedError (on record)."""
        history, today = self.history, self.today
        unit_id, root = known_unit(history, text), self.root_of(caller)
        async with self._refusals(caller, changed_unit_id=unit_id):
            if root is not None and not is_visible_from(history, unit_id, root, today):
                raise NotAllowedError(ProblemCode.OUTSIDE_OWN_UNITS)
        return unit_id

    async def add(self, caller: Caller, body: NewUnitRequest) -> UnitDone:
        """Register a unit; UnitChangeRefusedError, AuditUnavailableError."""

        async def work(connection: AsyncConnection) -> UnitChange:
            return await make_unit_change(connection, addition(body), self.today, administrators_stay=False)

        change = await self._make(caller, work, is_dry_run=body.dry_run)
        (unit_id,) = change.plan.new_units
        return _done(unit_id, change, is_dry_run=body.dry_run)

    async def change(self, caller: Caller, text: str, version: int, body: AnyChange) -> UnitDone:
        """Carry a decision about one unit out.

        Raises NotFoundError, ConflictError (VERSION_OUTDATED, NOTHING_TO_CHANGE), UnitChangeRefusedError,
        MoveNotConfirmedError and AuditUnavailableError; nothing has changed then.
        """
        stay = isinstance(body, Merge) and body.administrators_stay

        def planned(history: History) -> Plan:
            unit_id = known_unit(history, text)
            if version_number(history, unit_id) != version:
                raise ConflictError(ProblemCode.VERSION_OUTDATED)
            return change_of(unit_id, body)(history)

        async def work(connection: AsyncConnection) -> UnitChange:
            change = await make_unit_change(connection, planned, self.today, administrators_stay=stay)
            if not change.plan.facts:
                raise ConflictError(ProblemCode.NOTHING_TO_CHANGE)
            return change

        change = await self._make(caller, work, is_dry_run=body.dry_run)
        return _done(known_unit(change.before, text), change, is_dry_run=body.dry_run)

    async def import_file(
        self, caller: Caller, content: bytes, decision: Decision, *, is_dry_run: bool
    ) -> ImportPlan:
        """Bring the tree to what a file says, all of it or nothing; return what each row comes to.

        In a dry run also a file with faults. Raises UnitFileUnreadableError, UnitFileRefusedError,
        UnitChangeRefusedError and AuditUnavailableError; nothing has changed then.
        """
        headings, rows = await self._read(content)
        if is_dry_run:
            async with self._engine.connect() as connection:
                history = await load_history(connection)
            with unit_trouble():
                return await asyncio.to_thread(plan_import, headings, rows, history, decision)

        async def work(connection: AsyncConnection) -> Change[ImportPlan] | Unchanged[ImportPlan]:
            history = await locked_history(connection)
            report = await asyncio.to_thread(plan_import, headings, rows, history, decision)
            if report.plan is None:
                raise UnitFileRefusedError(report)
            if report.count(Action.CHANGE) and decision.document is None:
                raise refused(Trouble.DOCUMENT_UNFIT, column="document")
            await carry_out(connection, report.plan, PostingsAndGrants(self.today))
            return _change_by(caller, report, [unit_event(fact) for fact in report.plan.facts])

        with unit_trouble():
            return await self._changes.make(work)

    async def _read(self, content: bytes) -> tuple[list[str], list[Row]]:
        try:
            async with self._reading:
                return await asyncio.to_thread(read_units, content, "")
        except SheetError as error:
            raise UnitFileUnreadableError(error) from None
        except UnitRefusedError as error:
            raise UnitFileRefusedError(ImportPlan((), error.faults, None)) from None

    async def _make(
        self,
        caller: Caller,
        work: Callable[[AsyncConnection], Awaitable[UnitChange]],
        *,
        is_dry_run: bool,
    ) -> UnitChange:
        async def recorded(connection: AsyncConnection) -> Change[UnitChange] | Unchanged[UnitChange]:
            change = await work(connection)
            return _change_by(caller, change, change.events())

        with unit_trouble():
            if not is_dry_run:
                return await self._changes.make(recorded)
            async with self._engine.connect() as connection:  # ends without a commit
                return await work(connection)


def _change_by(caller: Caller, result: T, events: Sequence[Event]) -> Change[T] | Unchanged[T]:
    said = [Event(event.kind, caller.facts() | dict(event.facts)) for event in events]
    return Change.of_events(result, said)


def _done(unit_id: UUID, change: UnitChange, *, is_dry_run: bool) -> UnitDone:
    number = version_number(change.plan.applied_to(change.before), unit_id)
    return UnitDone(unit_id, number, change, is_dry_run)
