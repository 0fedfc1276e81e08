"""Where administrators' lists of officers are checked and carried out, a few at once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.registering_lists import (
    Importer,
    ListBusyError,
    OfficerList,
    Report,
    applying,
    check_terms,
    checking,
    read_list,
    twice,
)
from app.accounts.registering_one import registering
from app.audit.changes import ChangeLog
from app.clock import Clock, local_day
from app.sheets.values import Limits

_AT_ONCE: Final = 2  # lists of one process that are read or planned: each may take a processor and 300 MB


class RegistrationDesk:
    """Checks and carries out lists for administrators, a few at once."""

    def __init__(self, engine: AsyncEngine, changes: ChangeLog, clock: Clock, limits: Limits) -> None:
        """Read files within *limits*, change through *changes*."""
        self._engine = engine
        self._changes = changes
        self._clock = clock
        self._limits = limits
        self._busy = 0

    async def read(
        self, content: bytes, name: str, sheet: str | None, document_number: str, effective_on: date | None
    ) -> OfficerList:
        """Return the list in a file; SheetError, InvalidRequestError, ListBusyError."""
        check_terms(document_number, effective_on, local_day(self._clock.now()))
        with self.slot():
            table = await asyncio.to_thread(read_list, content, name, sheet, self._limits)
        return OfficerList(table, document_number, effective_on)

    async def check(self, asked: OfficerList, importer: Importer) -> Report:
        """Return what the list would do; ListBusyError."""
        with self.slot():
            async with self._engine.connect() as connection:
                return await checking(asked, importer, local_day(self._clock.now()))(connection)

    async def apply(self, asked: OfficerList, importer: Importer) -> Report:
        """Carry the list out, or nothing of it where a row is refused; return what it came to.

        Raises ListBusyError, and AuditUnavailableError, after which nothing has changed.
        """
        with self.slot():
            return await twice(self._changes.make, applying(asked, importer, self._clock.now()))

    async def register(self, asked: OfficerList, importer: Importer) -> tuple[UUID, int]:
        """Register the officer of a list's only row; return their id and version.

        Raises what `registering` says and AuditUnavailableError; nothing has changed then.
        """
        with self.slot():
            return await twice(self._changes.make, registering(asked, importer, self._clock.now()))

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the few places; ListBusyError where there is none."""
        if self._busy >= _AT_ONCE:
            raise ListBusyError
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
