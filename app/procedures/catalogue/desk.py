"""Where administrators see the catalogue, and the department changes it; each change is on record."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.authentication import Caller
from app.audit.changes import Change, ChangeLog, Event, Unchanged
from app.audit.record import Value
from app.clock import Clock, local_day
from app.database.live import LiveView
from app.errors import ConflictError, InvalidRequestError, NotFoundError, ProblemCode
from app.procedures.catalogue.changing import apply_list, check_list
from app.procedures.catalogue.files import read_list
from app.procedures.catalogue.planning import plan_catalogue
from app.procedures.catalogue.records import entry_event
from app.procedures.catalogue.requests import asked_row
from app.procedures.catalogue.schemas import NewProcedure, ProcedureChange
from app.procedures.catalogue.store import (
    CatalogueFilter,
    find_entries,
    load_versions,
    lock_catalogue,
    write_entries,
)
from app.procedures.catalogue.values import EntryChange, Version
from app.procedures.catalogue.viewing import version_number
from app.procedures.codes import PROCEDURE_CODE
from app.procedures.lists.reporting import ListReport
from app.procedures.lists.sending import ChangeRefusedError, ListSlots, SentList
from app.procedures.lists.values import PlannedRow, Terms
from app.procedures.reach import units_in_reach
from app.units.store import UnitRegister

_EVERY: Final = 100_000


@dataclass(frozen=True, slots=True)
class EntryDone:
    """What a change of one entry did, or in a dry run would do, and its version afterwards."""

    row: PlannedRow[EntryChange]
    version: int


class CatalogueDesk:
    """Answers from the database, past days included; changes under a lock on the whole catalogue."""

    def __init__(
        self,
        engine: AsyncEngine,
        units: LiveView[UnitRegister],
        changes: ChangeLog,
        slots: ListSlots,
        clock: Clock,
    ) -> None:
        """See units by *units*, change through *changes*."""
        self._engine = engine
        self._units = units
        self._changes = changes
        self._slots = slots
        self._clock = clock

    @property
    def today(self) -> date:
        """The day it is in Vietnam."""
        return local_day(self._clock.now())

    def reach(self, caller: Caller, day: date) -> frozenset[UUID] | None:
        """Return the units whose procedures the caller may see, None for all; DirectoryStaleError."""
        return units_in_reach(self._units.current.history, caller, day)

    async def page(
        self, day: date, wanted: CatalogueFilter, after: str = "", limit: int = _EVERY
    ) -> list[Version]:
        """Return what the catalogue said on *day*, by code."""
        async with self._engine.connect() as connection:
            return await find_entries(connection, day, wanted, after, limit)

    async def find(self, caller: Caller, code: str) -> list[Version]:
        """Return all versions of a procedure that the caller may see; NotFoundError."""
        check_known_form(code)
        async with self._engine.connect() as connection:
            versions = (await load_versions(connection, [code])).get(code)
            reach = self.reach(caller, self.today)
            if versions and reach is not None:
                seen = await find_entries(connection, self.today, CatalogueFilter(granted_in=reach))
                if all(one.procedure.procedure_code != code for one in seen):
                    versions = None
        if not versions:
            raise NotFoundError(ProblemCode.CATALOGUE_ENTRY_UNKNOWN)
        return versions

    async def put(
        self, caller: Caller, code: str, body: ProcedureChange, expected: int | None = None
    ) -> EntryDone:
        """Let the catalogue say what *body* does from its day on; *expected* is None for a new procedure.

        Raises NotFoundError, ConflictError (PROCEDURE_TAKEN, VERSION_OUTDATED, NOTHING_TO_CHANGE),
        ChangeRefusedError and AuditUnavailableError; nothing has changed then.
        """
        if expected is not None:
            check_known_form(code)

        async def work(connection: AsyncConnection) -> Change[EntryDone] | Unchanged[EntryDone]:
            await lock_catalogue(connection)
            known = await load_versions(connection, [code])
            _check_expected(known.get(code, []), body, expected)
            row = self._planned(code, body, known)
            if row.work is None:
                raise ConflictError(ProblemCode.NOTHING_TO_CHANGE)
            if body.dry_run:
                return Unchanged(EntryDone(row, version_number(known.get(code, []))))
            await write_entries(connection, [row.work])
            written = (await load_versions(connection, [code]))[code]
            event = signed(entry_event(row.work), caller.facts())
            return Change(EntryDone(row, version_number(written)), event.kind, event.facts)

        return await self._changes.make(work)

    def _planned(
        self, code: str, body: ProcedureChange, known: Mapping[str, list[Version]]
    ) -> PlannedRow[EntryChange]:
        terms = self.terms(body.on, body.document_number)
        (row,) = plan_catalogue([asked_row(code, body)], known, terms).rows
        faults = tuple(fault for fault in row.faults if not fault.is_warning)
        if faults:
            raise ChangeRefusedError(ProblemCode.PROCEDURE_CHANGE_REFUSED, faults)
        return row

    async def take_list(
        self, caller: Caller, sent: SentList, terms: Terms, *, is_dry_run: bool
    ) -> ListReport[EntryChange]:
        """Bring the catalogue to what a list says, all of it or nothing; return what each row comes to.

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


def check_known_form(code: str) -> None:
    """Raise NotFoundError for what cannot be the code of any entry, and need not be sought."""
    if not PROCEDURE_CODE.fullmatch(code):
        raise NotFoundError(ProblemCode.CATALOGUE_ENTRY_UNKNOWN)


def signed(event: Event, facts: Mapping[str, Value]) -> Event:
    """Return the record with who did it."""
    return Event(event.kind, {**facts, **event.facts})


def _check_expected(versions: list[Version], body: ProcedureChange, expected: int | None) -> None:
    if isinstance(body, NewProcedure):
        if versions:
            raise ConflictError(ProblemCode.PROCEDURE_TAKEN)
    elif not versions:
        raise NotFoundError(ProblemCode.CATALOGUE_ENTRY_UNKNOWN)
    elif version_number(versions) != expected:
        raise ConflictError(ProblemCode.VERSION_OUTDATED)
