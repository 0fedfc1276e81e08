"""Where officers report faulty national records, and heads of units follow the reports up (R78)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from app.accounts.authentication import Caller
from app.accounts.refusals import Refusals
from app.accounts.units_in_reach import unit_named, units_and_formers
from app.accounts.values import Permission, Role
from app.audit.changes import Change, ChangeLog
from app.audit.record import Outcome, RecordKind
from app.clock import Clock
from app.database.live import LiveView
from app.errors import ConflictError, NotAllowedError, NotFoundError, ProblemCode
from app.lookup.data_fault_store import (
    FaultFilter,
    Reach,
    add_report,
    find_report,
    list_reports,
    set_status,
)
from app.lookup.data_fault_values import FaultReport, FaultResult, FaultStatus, may_follow
from app.lookup.data_faults import FaultClass
from app.lookup.store import LookupState, LookupStore
from app.procedures.fields import Field
from app.procedures.store import Catalogue
from app.units.store import UnitRegister

_REPORTABLE: Final = frozenset(
    {Outcome.FOUND, Outcome.MISMATCH, Outcome.NOT_FOUND, Outcome.UPSTREAM_CONFUSED}
)
"""Where the national side said something; confused is also what two records for one person are."""


class DataFaultDesk:
    """Takes reports from whoever made the lookup, shows them, and notes how far they have come."""

    def __init__(
        self,
        engine: AsyncEngine,
        units: LiveView[UnitRegister],
        catalogue: LiveView[Catalogue],
        lookups: LookupStore,
        changes: ChangeLog,
        refusals: Refusals,
        clock: Clock,
    ) -> None:
        """Judge by *units*, *catalogue* and *lookups*, change through *changes*."""
        self._engine = engine
        self._units = units
        self._catalogue = catalogue
        self._lookups = lookups
        self._changes = changes
        self._refusals = refusals
        self._clock = clock

    @property
    def units(self) -> UnitRegister:
        """The units of today."""
        return self._units.current

    async def file(
        self, caller: Caller, lookup_id: UUID, fault_class: FaultClass, fields: Iterable[Field]
    ) -> FaultReport:
        """Report a fault that a lookup of the caller's own showed; on record.

        Raises NotFoundError(LOOKUP_UNKNOWN), ConflictError (LOOKUP_WITHOUT_ANSWER, DATA_FAULT_REPORTED) and
        NotAllowedError(FIELD_NOT_PERMITTED) for fields the lookup's procedure does not show.
        """
        state = await self._own(caller, lookup_id)
        named = frozenset(fields)
        async with self._refusals(caller):
            self._check_fields(state, named)
        report = _new_report(caller, lookup_id, fault_class, named, self._clock.now())

        async def work(connection: AsyncConnection) -> Change[FaultReport]:
            if not await add_report(connection, report):
                raise ConflictError(ProblemCode.DATA_FAULT_REPORTED, lookup_id=lookup_id)
            facts = caller.facts() | {
                "lookup_id": str(lookup_id),
                "data_fault_id": str(report.fault_id),
                "change": fault_class.value,
                "after": " ".join(report.fields),
            }
            return Change(report, RecordKind.DATA_FAULT_FILED, facts)

        return await self._changes.make(work)

    async def find(self, caller: Caller, fault_id: UUID) -> FaultReport:
        """Return a report in the caller's reach; NotFoundError(DATA_FAULT_UNKNOWN), NotAllowedError."""
        reach = await self._reach(caller)
        async with self._engine.connect() as connection:
            return _known(await find_report(connection, fault_id, reach))

    async def page(
        self,
        caller: Caller,
        asked: FaultFilter,
        *,
        unit: str | None = None,
        before: UUID | None = None,
        most: int,
    ) -> list[FaultReport]:
        """Return at most *most* reports in the caller's reach, of *unit* and below, newest first.

        Raises NotAllowedError (on record) and NotFoundError(UNIT_UNKNOWN).
        """
        reach = await self._reach(caller)
        if unit is not None:
            reach = reach.narrowed(units_and_formers(self.units, unit_named(self.units, unit).unit_id))
        async with self._engine.connect() as connection:
            return await list_reports(connection, reach, asked, before=before, most=most)

    async def follow_up(
        self, caller: Caller, fault_id: UUID, version: int, status: FaultStatus, result: FaultResult | None
    ) -> FaultReport:
        """Let a report go on to *status*, on record, and return what it says then.

        Raises NotFoundError(DATA_FAULT_UNKNOWN), NotAllowedError, and ConflictError: VERSION_OUTDATED,
        DATA_FAULT_STATUS_NOT_NEXT.
        """
        reach = await self._reach(caller)

        async def work(connection: AsyncConnection) -> Change[FaultReport]:
            held = _known(await find_report(connection, fault_id, reach, is_held=True))
            if held.version != version:
                raise ConflictError(ProblemCode.VERSION_OUTDATED)
            if not may_follow(held.status, status, result):
                raise ConflictError(ProblemCode.DATA_FAULT_STATUS_NOT_NEXT)
            report = await set_status(connection, held, status, result, self._clock.now())
            facts = caller.facts() | {
                "lookup_id": str(report.lookup_id),
                "data_fault_id": str(fault_id),
                "before": held.status.value,
                "after": status.value,
            }
            if result is not None:
                facts["change"] = result.value
            return Change(report, RecordKind.DATA_FAULT_CHANGED, facts)

        return await self._changes.make(work)

    async def _own(self, caller: Caller, lookup_id: UUID) -> LookupState:
        state = await self._lookups.find(lookup_id)
        if state is None or state.officer_id != caller.officer.officer_id:
            raise NotFoundError(ProblemCode.LOOKUP_UNKNOWN)
        if state.outcome not in _REPORTABLE:
            raise ConflictError(ProblemCode.LOOKUP_WITHOUT_ANSWER, lookup_id=lookup_id)
        return state

    def _check_fields(self, state: LookupState, named: frozenset[Field]) -> None:
        """Raise NotAllowedError for a field that the officer could not have seen."""
        procedure = self._catalogue.current.procedures.get(state.procedure_code or "")
        if procedure is None or not named <= procedure.permitted_fields:
            raise NotAllowedError(ProblemCode.FIELD_NOT_PERMITTED, fields=("/fields",))

    async def _reach(self, caller: Caller) -> Reach:
        """Return what the caller may see; NotAllowedError (on record) for who neither reports nor handles."""
        async with self._refusals(caller):
            officer = caller.officer
            if officer.role is Role.DEPARTMENT_ADMINISTRATOR:
                return Reach()
            if officer.may(Permission.HANDLE_DATA_FAULTS):
                return Reach(unit_ids=units_and_formers(self.units, caller.unit.unit_id))
            if officer.may(Permission.LOOK_UP):
                return Reach(officer_id=officer.officer_id)
            raise NotAllowedError(ProblemCode.ROLE_NOT_PERMITTED)


def _new_report(
    caller: Caller, lookup_id: UUID, fault_class: FaultClass, named: frozenset[Field], now: datetime
) -> FaultReport:
    return FaultReport(
        fault_id=uuid7(),
        lookup_id=lookup_id,
        fault_class=fault_class,
        fields=tuple(field for field in Field if field in named),
        officer_id=caller.officer.officer_id,
        unit_id=caller.unit.unit_id,
        status=FaultStatus.NEW,
        result=None,
        version=1,
        filed_at=now,
    )


def _known(report: FaultReport | None) -> FaultReport:
    if report is None:
        raise NotFoundError(ProblemCode.DATA_FAULT_UNKNOWN)
    return report
