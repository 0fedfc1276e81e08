"""Where the person of one lookup is asked for, decided on by a second auditor, and read by the first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.authentication import Caller
from app.accounts.store import Accounts
from app.accounts.values import Officer
from app.audit.changes import Change, ChangeLog
from app.audit.partitions import first_id
from app.audit.record import RecordKind, Value
from app.audit.table import AUDIT_RECORD
from app.auditing.persons import Nobody
from app.auditing.queries import says
from app.auditing.quotas import QuotaKeeper
from app.auditing.reader import AuditReader, Opened
from app.auditing.unmasking import (
    LASTS,
    STEPS,
    ReadingRules,
    Unmasking,
    UnmaskingState,
    decision_refusal,
    is_account_of,
)
from app.auditing.unmasking_store import (
    add_unmasking,
    current_unmaskings,
    decide_unmasking,
    find_unmasking,
    leave_readings,
)
from app.clock import Clock, rfc3339
from app.database.live import LiveView
from app.errors import ConflictError, NotAllowedError, NotFoundError, ProblemCode

_ID_SLACK: Final = timedelta(days=1)
_SHOWN: Final = ("id_number", "full_name", "birth_date", "purpose")


@dataclass(frozen=True, slots=True)
class Reading:
    """Whom a lookup asked about, as it was asked, and how often that may be read again."""

    unmasking: Unmasking
    person: Mapping[str, str]
    readings_left: int


class UnmaskingDesk:
    """Takes requests, lets a second auditor decide them, and opens the person to who asked."""

    def __init__(
        self,
        engine: AsyncEngine,
        reader: AuditReader,
        accounts: LiveView[Accounts],
        changes: ChangeLog,
        quota: QuotaKeeper,
        rules: ReadingRules,
        clock: Clock,
    ) -> None:
        """Keep requests in *engine*, open persons with *reader*."""
        self._engine = engine
        self._reader = reader
        self._accounts = accounts
        self._changes = changes
        self._quota = quota
        self._rules = rules
        self._clock = clock

    async def ask(self, caller: Caller, lookup_id: UUID, case_number: str, reason: str) -> Unmasking:
        """Store and return a request for another auditor.

        Raises NotFoundError(AUDITED_LOOKUP_UNKNOWN), NotAllowedError(OWN_RECORDS), TooManyError,
        ConflictError(PERSON_NOT_READABLE) and AuditUnavailableError.
        """
        auditor = caller.officer
        await self._quota.check(auditor.officer_id)
        opened = await self._reader.open(lookup_id)
        if opened is None:
            raise NotFoundError(ProblemCode.AUDITED_LOOKUP_UNKNOWN)
        looked_up_by = _officer_of(opened)
        if is_account_of(auditor, looked_up_by, self._officers):
            raise NotAllowedError(ProblemCode.OWN_RECORDS)
        subject, now = _subject(_person(opened)), self._clock.now()
        why = (case_number, reason)
        unmasking = Unmasking.new(lookup_id, looked_up_by, why, auditor.officer_id, now)

        async def work(connection: AsyncConnection) -> Change[Unmasking]:
            await add_unmasking(connection, unmasking)
            facts = caller.facts() | unmasking.facts()
            return Change(unmasking, RecordKind.AUDIT_UNMASK_ASKED, facts, subject=subject)

        asked = await self._changes.make(work)
        await self._quota.confirm(auditor.officer_id)
        return asked

    async def current(self, caller: Caller) -> Sequence[tuple[Unmasking, bool]]:
        """Return what is open or readable and the caller's own or to decide, and whether they may decide."""
        now = self._clock.now()
        async with self._engine.connect() as connection:
            found = await current_unmaskings(connection, now, LASTS + self._rules.lasts)
        shown = []
        for one in found:
            may_decide = one.is_open(now) and decision_refusal(caller.officer, one, self._officers) is None
            if may_decide or one.requested_by == caller.officer.officer_id:
                shown.append((one, may_decide))
        return shown

    async def decide(self, caller: Caller, unmasking_id: UUID, *, approves: bool) -> None:
        """Approve or refuse what another auditor asked for, once.

        Raises NotFoundError(UNMASKING_UNKNOWN), NotAllowedError (SECOND_PERSON_NEEDED, OWN_RECORDS),
        ConflictError(UNMASKING_CLOSED) and AuditUnavailableError.
        """
        decider = caller.officer

        async def work(connection: AsyncConnection) -> Change[None]:
            now = self._clock.now()
            unmasking = await find_unmasking(connection, unmasking_id, is_held=True)
            if unmasking is None:
                raise NotFoundError(ProblemCode.UNMASKING_UNKNOWN)
            opened = await self._reader.open(unmasking.lookup_id)
            unmasking = _as_recorded(unmasking, opened)
            if (code := decision_refusal(decider, unmasking, self._officers)) is not None:
                raise NotAllowedError(code)
            if not unmasking.is_open(now):
                raise ConflictError(ProblemCode.UNMASKING_CLOSED)
            rules = self._rules if approves else None
            await decide_unmasking(connection, unmasking_id, decider.officer_id, now, rules)
            facts = caller.facts() | unmasking.facts() | self._decision(now, approves=approves)
            return Change(None, RecordKind.AUDIT_UNMASK_DECIDED, facts, subject=_sealed(opened))

        await self._changes.make(work)

    async def read(self, caller: Caller, unmasking_id: UUID) -> Reading:
        """Return the person to who asked, once the reading is on record; each counts.

        Raises NotFoundError(UNMASKING_UNKNOWN), ConflictError(UNMASKING_NOT_READABLE, PERSON_NOT_READABLE)
        and AuditUnavailableError.
        """

        async def work(connection: AsyncConnection) -> Change[Reading]:
            unmasking = await find_unmasking(connection, unmasking_id, is_held=True)
            if unmasking is None or unmasking.requested_by != caller.officer.officer_id:
                raise NotFoundError(ProblemCode.UNMASKING_UNKNOWN)
            readings = await self._readings_left(unmasking)
            if readings < 1:
                raise ConflictError(ProblemCode.UNMASKING_NOT_READABLE)
            opened = await self._reader.open(unmasking.lookup_id)
            person, left = _person(opened), readings - 1
            await leave_readings(connection, unmasking_id, left)
            facts = caller.facts() | _as_recorded(unmasking, opened).facts() | {"readings_left": left}
            shown = {name: str(person[name]) for name in _SHOWN if name in person}
            reading = Reading(unmasking, shown, left)
            return Change(reading, RecordKind.AUDIT_UNMASKED, facts, subject=_subject(person))

        return await self._changes.make(work)

    def login_name(self, officer_id: UUID | None) -> str | None:
        """Return an officer's login name, for showing."""
        officer = self._officers.get(officer_id) if officer_id is not None else None
        return officer.login_name if officer is not None else None

    @property
    def _officers(self) -> Mapping[UUID, Officer]:
        return self._accounts.current.officers

    def _decision(self, now: datetime, *, approves: bool) -> dict[str, Value]:
        if not approves:
            return {"unmasking_decision": UnmaskingState.REFUSED.value}
        return {
            "unmasking_decision": UnmaskingState.APPROVED.value,
            "readings_left": self._rules.readings,
            "expires_at": rfc3339(now + self._rules.lasts),
        }

    async def _readings_left(self, unmasking: Unmasking) -> int:
        """Return how many readings both table and log still allow."""
        now, record = self._clock.now(), AUDIT_RECORD.c
        if not unmasking.is_readable(now) or unmasking.decided_by is None:
            return 0
        records = await self._reader.records(
            record.officer_id.in_((unmasking.requested_by, unmasking.decided_by)),
            record.kind.in_([kind.value for kind in STEPS]),
            record.record_id >= first_id(unmasking.requested_at, -_ID_SLACK),
            says(AUDIT_RECORD.c.leaf, f'"unmasking_id":"{unmasking.unmasking_id}"'.encode()),
        )
        on_record = unmasking.readings_on_record([one.facts for one in records], now)
        return min(unmasking.readings_left, on_record)


def _as_recorded(unmasking: Unmasking, opened: Opened | None) -> Unmasking:
    """Return it with the officer whom the lookup's own record names, whatever the table says."""
    return replace(unmasking, looked_up_by=_officer_of(opened)) if opened is not None else unmasking


def _officer_of(opened: Opened) -> UUID | None:
    try:
        return UUID(str(opened.found.facts.get("officer_id")))
    except ValueError:  # what is none of our records names nobody
        return None


def _person(opened: Opened | None) -> Mapping[str, Any]:
    person = opened.person if opened is not None else None
    if person is None or isinstance(person, Nobody):
        raise ConflictError(ProblemCode.PERSON_NOT_READABLE)
    return person


def _sealed(opened: Opened | None) -> bytes | None:
    person = opened.person if opened is not None else None
    return None if person is None or isinstance(person, Nobody) else _subject(person)


def _subject(person: Mapping[str, Any]) -> bytes:
    return json.dumps(person, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
