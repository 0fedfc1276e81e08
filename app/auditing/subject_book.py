"""Keeps the book of citizens' requests: registered, acknowledged, extended once, answered; each on record."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from app.accounts.authentication import Caller
from app.accounts.trouble import database_trouble
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind
from app.auditing.subject_records import registered_facts, sealed_numbers, told_facts
from app.auditing.subject_store import (
    Place,
    add_request,
    change_request,
    count_requests,
    find_request,
    list_requests,
    open_book,
    registered_since,
)
from app.auditing.subject_values import (
    IdentityCheck,
    Means,
    Requester,
    RequestState,
    Result,
    SubjectCounts,
    SubjectRequest,
    SubjectRules,
)
from app.auditing.working_days import WorkingCalendar, public_holidays
from app.clock import VIETNAM, Clock, local_day
from app.errors import (
    AuditUnavailableError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    ProblemCode,
    TooManyError,
)

_DAY: Final = timedelta(days=1)
_LONGEST_AGO: Final = timedelta(days=60)
"""What came earlier is a slip of the hand; it would be overdue at once, and alarm whoever watches that."""
_LONGEST_NUMBER: Final = 12  # of a request: year, hyphen, serial


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request as it came; the numbers are one citizen's."""

    numbers: tuple[str, ...]
    requester: Requester
    identity_check: IdentityCheck
    identity_reference: str
    received_on: date


def _check_received(day: date, today: date) -> None:
    if day > today:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/received_on",))
    if today - day > _LONGEST_AGO:
        raise InvalidRequestError(ProblemCode.SUBJECT_REQUEST_TOO_OLD, fields=("/received_on",))


class SubjectBook:
    """Registers requests and notes what became of them."""

    def __init__(
        self,
        engine: AsyncEngine,
        changes: ChangeLog,
        rules: SubjectRules,
        calendar: WorkingCalendar,
        clock: Clock,
    ) -> None:
        """Read through *engine*, change through *changes*, reckon deadlines by *calendar*."""
        self._engine = engine
        self._changes = changes
        self._rules = rules
        self._calendar = calendar
        self._clock = clock

    async def register(self, caller: Caller, new: NewRequest) -> SubjectRequest:
        """Write a request into the book, on record with its sealed numbers.

        Raises InvalidRequestError for a day to come or long ago, TooManyError(TOO_MANY_SUBJECT_REPORTS) and
        AuditUnavailableError.
        """
        now = self._clock.now()
        _check_received(new.received_on, local_day(now))
        await asyncio.to_thread(public_holidays)

        async def work(connection: AsyncConnection) -> Change[SubjectRequest]:
            year = local_day(now).year
            serial = await open_book(connection, year)
            await self._check_quota(connection, caller, now)
            request = self._new(caller, new, year, serial, now)
            await add_request(connection, request)
            return Change(
                request,
                RecordKind.SUBJECT_REPORT_REQUESTED,
                registered_facts(caller, request),
                subject=sealed_numbers(new.numbers),
                record_id=request.report_id,
            )

        with database_trouble():
            return await self._changes.make(work)

    async def _check_quota(self, connection: AsyncConnection, caller: Caller, now: datetime) -> None:
        midnight = _midnight(now)
        count = await registered_since(connection, caller.officer.officer_id, midnight)
        if count >= self._rules.per_officer_per_day:
            wait = midnight + _DAY - now
            raise TooManyError(
                ProblemCode.TOO_MANY_SUBJECT_REPORTS, retry_after_seconds=int(wait.total_seconds()) + 1
            )

    def _new(self, caller: Caller, new: NewRequest, year: int, serial: int, now: datetime) -> SubjectRequest:
        rules, calendar = self._rules, self._calendar
        return SubjectRequest(
            report_id=uuid7(),
            year=year,
            serial=serial,
            requester=new.requester,
            identity_check=new.identity_check,
            identity_reference=new.identity_reference,
            number_count=len(new.numbers),
            received_on=new.received_on,
            registered_at=now,
            registered_by=caller.officer.officer_id,
            acknowledge_by=calendar.working_days_after(new.received_on, rules.answer_working_days),
            answer_by=calendar.days_after(new.received_on, rules.report_days),
        )

    async def acknowledge(self, caller: Caller, number: str, told_on: date, through: Means) -> SubjectRequest:
        """Note that the citizen was told that it is being carried out.

        Raises NotFoundError, ConflictError (SUBJECT_REQUEST_ENDED, SUBJECT_STEP_REFUSED where it was
        noted before), InvalidRequestError for a day that cannot be, AuditUnavailableError.
        """

        async def work(connection: AsyncConnection) -> Change[SubjectRequest]:
            held = await self.held(connection, number)
            self._check_day(held, told_on, "/told_on")
            if held.acknowledged_on is not None:
                raise ConflictError(ProblemCode.SUBJECT_STEP_REFUSED)
            values = {"acknowledged_on": told_on, "acknowledged_through": through}
            request = await change_request(connection, held.report_id, **values)
            return Change(
                request, RecordKind.SUBJECT_REPORT_ACKNOWLEDGED, told_facts(caller, held, told_on, through)
            )

        with database_trouble():
            return await self._changes.make(work)

    async def extend(
        self, caller: Caller, number: str, days: int, reason: str, told_on: date, through: Means
    ) -> SubjectRequest:
        """Let the answer take longer, once, before it is due; the citizen was told why.

        Raises as `acknowledge`: SUBJECT_STEP_REFUSED for a second time and once it is overdue, and
        InvalidRequestError for more days than there may be.
        """
        if days > self._rules.extension_days:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/days",))
        await asyncio.to_thread(public_holidays)

        async def work(connection: AsyncConnection) -> Change[SubjectRequest]:
            held = await self.held(connection, number)
            self._check_day(held, told_on, "/told_on")
            if held.extended_days is not None or max(told_on, self._today) > held.answer_by:
                raise ConflictError(ProblemCode.SUBJECT_STEP_REFUSED)
            later = self._calendar.days_after(held.answer_by, days)
            request = await change_request(
                connection,
                held.report_id,
                answer_by=later,
                extended_days=days,
                extended_because=reason,
                extension_told_on=told_on,
            )
            facts = told_facts(caller, held, told_on, through) | {
                "reason": reason,
                "answer_by": later.isoformat(),
            }
            return Change(request, RecordKind.SUBJECT_REPORT_EXTENDED, facts)

        with database_trouble():
            return await self._changes.make(work)

    async def answer(
        self, caller: Caller, number: str, result: Result, on: date, through: Means, reason: str | None
    ) -> SubjectRequest:
        """Note how the request ended.

        Raises as `acknowledge`, ConflictError(SUBJECT_REPORT_NOT_MADE) where there is no report to hand
        over, and InvalidRequestError for a reason that is missing or one too many.
        """
        if (result is Result.HANDED_OVER) is (reason is not None):
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/reason",))

        async def work(connection: AsyncConnection) -> Change[SubjectRequest]:
            held = await self.held(connection, number)
            self._check_day(held, on, "/on")
            if result is Result.HANDED_OVER and held.made_at is None:
                raise ConflictError(ProblemCode.SUBJECT_REPORT_NOT_MADE)
            values = {"ended_on": on, "ended_through": through, "result": result, "ended_because": reason}
            request = await change_request(connection, held.report_id, **values)
            facts = told_facts(caller, held, on, through) | {"change": result.value}
            facts |= {"reason": reason} if reason is not None else {}
            return Change(request, RecordKind.SUBJECT_REPORT_ANSWERED, facts)

        with database_trouble():
            return await self._changes.make(work)

    async def find(self, number: str) -> SubjectRequest:
        """Return an open request; NotFoundError, ConflictError(SUBJECT_REQUEST_ENDED)."""
        with database_trouble():
            async with self._engine.connect() as connection:
                return _open(await find_request(connection, *_parts(number)))

    async def held(self, connection: AsyncConnection, number: str) -> SubjectRequest:
        """Return an open request that nobody else changes meanwhile; raises as `find`."""
        return _open(await find_request(connection, *_parts(number), is_held=True))

    async def page(self, state: RequestState, after: Place | None, most: int) -> list[SubjectRequest]:
        """Return at most *most* requests, those first whose answer is due first."""
        with database_trouble():
            async with self._engine.connect() as connection:
                return await list_requests(connection, state, self._today, after=after, most=most)

    async def counts(self) -> SubjectCounts | None:
        """Return how requests stand; None without database."""
        try:
            with database_trouble():
                async with self._engine.connect() as connection:
                    return await count_requests(connection, self._today, _midnight(self._clock.now()))
        except AuditUnavailableError:
            return None

    @property
    def _today(self) -> date:
        return local_day(self._clock.now())

    def _check_day(self, request: SubjectRequest, day: date, pointer: str) -> None:
        """Raise InvalidRequestError for a day before the request came, or to come."""
        if not request.received_on <= day <= self._today:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=(pointer,))


def _parts(number: str) -> tuple[int, int]:
    year, _, serial = number.partition("-")
    if len(number) > _LONGEST_NUMBER or not (year + serial).isascii() or not (year + serial).isdigit():
        raise NotFoundError(ProblemCode.SUBJECT_REQUEST_UNKNOWN)
    if not serial or len(year) != 4:  # noqa: PLR2004 - digits of a year
        raise NotFoundError(ProblemCode.SUBJECT_REQUEST_UNKNOWN)
    return int(year), int(serial)


def _open(request: SubjectRequest | None) -> SubjectRequest:
    if request is None:
        raise NotFoundError(ProblemCode.SUBJECT_REQUEST_UNKNOWN)
    if request.ended_on is not None:
        raise ConflictError(ProblemCode.SUBJECT_REQUEST_ENDED)
    return request


def _midnight(now: datetime) -> datetime:
    return datetime.combine(local_day(now), time(), VIETNAM).astimezone(UTC)
