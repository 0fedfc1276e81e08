"""Makes reports for citizens: everything the evidence says, and on record before anybody sees it."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.authentication import Caller
from app.accounts.refusals import Refusals
from app.accounts.store import Accounts
from app.accounts.trouble import database_trouble
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind, Value
from app.auditing.subject_answer import SubjectReport, SubjectReportAnswer, subject_report
from app.auditing.subject_book import SubjectBook
from app.auditing.subject_evidence import Gathered, SubjectEvidence
from app.auditing.subject_looks import Names, described
from app.auditing.subject_paper import Told, subject_paper
from app.auditing.subject_records import sealed_numbers
from app.auditing.subject_store import change_request, procedure_names
from app.auditing.subject_values import SubjectRequest, SubjectRules
from app.clock import Clock, local_day
from app.database.live import LiveView
from app.errors import ConflictError, GatewayError, NotAllowedError, ProblemCode
from app.lookup.signing_certificates import SigningCertificate, SigningCertificates
from app.papers.drawing import draw_subject_report
from app.papers.press import PaperPress
from app.papers.signing import Seal, sealed
from app.units.store import UnitRegister

_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class ReportViews:
    """What reports read of the directory."""

    accounts: LiveView[Accounts]
    units: LiveView[UnitRegister]
    certificates: LiveView[SigningCertificates]


class SubjectReportDesk:
    """Makes a registered request's report; nothing about it can be chosen by who makes it."""

    def __init__(
        self,
        book: SubjectBook,
        evidence: SubjectEvidence,
        views: ReportViews,
        engine: AsyncEngine,
        changes: ChangeLog,
        refusals: Refusals,
        press: PaperPress,
        rules: SubjectRules,
        clock: Clock,
        authority_code: str,
    ) -> None:
        """Read with *evidence*, draw with *press*, record through *changes*."""
        self._book = book
        self._evidence = evidence
        self._views = views
        self._engine = engine
        self._changes = changes
        self._refusals = refusals
        self._press = press
        self._rules = rules
        self._clock = clock
        self._authority_code = authority_code
        self._making = asyncio.Semaphore(_AT_ONCE)

    async def make(self, caller: Caller, number: str) -> SubjectReportAnswer:
        """Return the report, signed, once it is on record.

        Raises NotFoundError, ConflictError (SUBJECT_REQUEST_ENDED, SUBJECT_REQUEST_UNREADABLE),
        NotAllowedError for who registered it (on record), GatewayError (RECEIPTS_NOT_SET_UP, PAPERS_BUSY)
        and AuditUnavailableError.
        """
        request = await self._book.find(number)
        registration = await self._evidence.registration(request.report_id, request.number)
        if registration is None:
            raise ConflictError(ProblemCode.SUBJECT_REQUEST_UNREADABLE)
        async with self._refusals(caller):
            self._check_second_person(caller, registration.registered_by)
        self._press.check_room()
        async with self._making:
            told = await self._told(request, registration.numbers)
            report = subject_report(told, self._authority_code, self._rules)
            digest = digest_of(report)
            pdf = await self._drawn(told, caller.unit.name, digest)
            await self._record(caller, told, digest, pdf)  # durable before anything is shown
        return SubjectReportAnswer(
            report=report,
            report_sha256=digest,
            pdf=b64encode(pdf).decode(),
            pdf_sha256=sha256(pdf).hexdigest(),
        )

    def _check_second_person(self, caller: Caller, registered_by: UUID) -> None:
        if not self._rules.needs_second_person:
            return
        registrar = self._views.accounts.current.officers.get(registered_by)
        is_same = caller.officer.officer_id == registered_by
        if is_same or (registrar is not None and caller.officer.is_same_person(registrar)):
            raise NotAllowedError(ProblemCode.SUBJECT_REPORT_NEEDS_ANOTHER)

    async def _told(self, request: SubjectRequest, numbers: tuple[str, ...]) -> Told:
        now = self._clock.now()
        gathered = await self._evidence.gather(numbers, request.number, now)
        names = await self._names(gathered, now)
        looks = tuple(described(look, names) for look in gathered.looks)
        return Told(request, numbers, now, gathered.complete_from, looks, gathered.audits)

    async def _names(self, gathered: Gathered, now: datetime) -> Names:
        codes = {str(code) for look in gathered.looks if (code := look.facts.get("procedure_code"))}
        with database_trouble():
            async with self._engine.connect() as connection:
                procedures = await procedure_names(connection, codes)
        known = self._views.accounts.current.officers if self._rules.officers == "name" else {}
        officers = {str(officer_id): officer.full_name for officer_id, officer in known.items()}
        return Names(self._views.units.current, procedures, officers, local_day(now))

    async def _drawn(self, told: Told, unit_name: str, digest: str) -> bytes:
        seal, certificate = self._seal(told.made_at)
        paper = subject_paper(told, self._rules.audits, unit_name, digest, certificate.holder)
        draw = partial(draw_subject_report, paper)
        return await self._press.draw(partial(sealed, draw, seal, told.made_at))

    def _seal(self, now: datetime) -> tuple[Seal, SigningCertificate]:
        signing = self._views.certificates.current.seal(now)
        if signing is None:
            raise GatewayError(ProblemCode.RECEIPTS_NOT_SET_UP)
        return signing

    async def _record(self, caller: Caller, told: Told, digest: str, pdf: bytes) -> None:
        facts: dict[str, Value] = {
            "report_number": told.request.number,
            "requested_numbers": len(told.numbers),
            "report_looks": len(told.looks),
            "report_digest": digest,
            "receipt_digest": sha256(pdf).hexdigest(),
        }

        async def work(connection: AsyncConnection) -> Change[None]:
            held = await self._book.held(connection, told.request.number)
            await change_request(
                connection,
                held.report_id,
                made_at=told.made_at,
                made_by=caller.officer.officer_id,
                made_count=held.made_count + 1,
                look_count=len(told.looks),
            )
            return Change(
                None,
                RecordKind.SUBJECT_REPORT_MADE,
                caller.facts() | facts,
                subject=sealed_numbers(told.numbers),
            )

        with database_trouble():
            await self._changes.make(work)


def digest_of(report: SubjectReport) -> str:
    """Return the SHA-256 of the report as JSON with sorted keys and no blanks, in hexadecimal."""
    return sha256(orjson.dumps(report.model_dump(), option=orjson.OPT_SORT_KEYS)).hexdigest()
