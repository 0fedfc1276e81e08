"""Reads what held on another day than today: where an officer worked, and what the catalogue said."""

import asyncio
from datetime import date

from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.posting_plan import in_force
from app.accounts.postings import read_timelines
from app.accounts.trouble import database_trouble
from app.accounts.values import Officer
from app.procedures.store import Catalogue, load_catalogue
from app.units.history import History
from app.units.values import Unit


class OtherDays:
    """Asks the database; one question at a time, as a day's catalogue of a province is large."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Read through *engine*."""
        self._engine = engine
        self._reading = asyncio.Semaphore(1)

    async def on(self, day: date, officer: Officer, history: History) -> tuple[Unit | None, Catalogue]:
        """Return the officer's unit as it was on *day*, None for none in force, and the catalogue.

        Raises AuditUnavailableError without database.
        """
        with database_trouble():
            async with self._reading, self._engine.connect() as connection:
                timelines = await read_timelines(connection, [officer.officer_id])
                catalogue = await load_catalogue(connection, day)
        posting = in_force(timelines[officer.officer_id], day)
        if posting is None:
            return None, catalogue
        units = await asyncio.to_thread(history.units, day)  # of a whole province
        return units.get(posting.unit_id), catalogue
