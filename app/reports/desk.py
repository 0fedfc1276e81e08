"""Who gets which report of use: administrators their units', the department and auditors everybody's."""

from collections import Counter
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.refusals import Refusals
from app.accounts.units_in_reach import code_of, reachable_unit, unit_named, units_and_formers
from app.accounts.values import Permission, Role
from app.clock import Clock, local_day
from app.reports.schemas import UsageQuery
from app.reports.store import UsageStore
from app.reports.usage import report_of
from app.reports.values import UsageReport, Wanted
from app.web.refused_values import PeriodTooLongError

_SEE_ALL: Final = frozenset({Role.DEPARTMENT_ADMINISTRATOR, Role.AUDITOR})
_USUAL_DAYS: Final = timedelta(days=365)
_MOST_DAYS: Final = timedelta(days=366 * 10)


class UsageDesk:
    """Answers for units in the caller's reach."""

    def __init__(self, store: UsageStore, directory: Directory, refusals: Refusals, clock: Clock) -> None:
        """Read from *store*, judge by *directory*."""
        self._store = store
        self._directory = directory
        self._refusals = refusals
        self._clock = clock

    async def report(self, caller: Caller, query: UsageQuery) -> UsageReport:
        """Return the report.

        Raises NotFoundError(UNIT_UNKNOWN), NotAllowedError (on record), InvalidRequestError for days that
        are no period, AuditUnavailableError.
        """
        today = local_day(self._clock.now())
        first_day, last_day = _period(query, today)
        async with self._refusals(caller):
            unit_ids = self._unit_ids(caller, query.unit)
        wanted = Wanted(first_day, last_day, unit_ids, query.level, query.trend)
        figures = await self._store.read(wanted)
        register = self._directory.units.current
        return report_of(wanted, figures, register, self._officers(), few=query.few, today=today)

    def unit_code(self, text: str | None) -> str | None:
        """Return the code of a unit that a condition names; NotFoundError(UNIT_UNKNOWN)."""
        return code_of(self._directory.units.current, text)

    def _unit_ids(self, caller: Caller, text: str | None) -> frozenset[UUID] | None:
        """Return the units, those below and those whose place they took; None for all there ever were."""
        register = self._directory.units.current
        if caller.officer.role in _SEE_ALL:
            if text is None:
                return None
            unit = unit_named(register, text)
        else:
            unit = reachable_unit(self._directory, caller, text or str(caller.unit.unit_id))
        return units_and_formers(register, unit.unit_id)

    def _officers(self) -> Counter[UUID]:
        """Return how many officers there are in each unit who may look up."""
        officers = self._directory.accounts.current.officers.values()
        return Counter(
            officer.unit_id
            for officer in officers
            if officer.unit_id is not None and officer.is_active and officer.may(Permission.LOOK_UP)
        )


def _period(query: UsageQuery, today: date) -> tuple[date, date]:
    last = query.to_day or today
    first = query.from_day or last - _USUAL_DAYS
    if not timedelta() <= last - first <= _MOST_DAYS:
        raise PeriodTooLongError(_MOST_DAYS)
    return first, last
