"""What citizens' requests to know who looked them up consist of in a running gateway."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter

from app.accounts.values import Permission
from app.audit.sealing import RootKey
from app.auditing.reader import AuditReader
from app.auditing.subject_book import SubjectBook
from app.auditing.subject_desk import ReportViews, SubjectReportDesk
from app.auditing.subject_evidence import SubjectEvidence
from app.auditing.subject_routes import SubjectFront, subject_router
from app.auditing.subject_values import SubjectRules
from app.auditing.working_days import WorkingCalendar
from app.database.connect import open_searching_engine
from app.errors import ConfigurationError
from app.lookup_parts import Shared
from app.papers.press import PaperPress
from app.settings import Settings

_REPORTS_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class AuditAccess:
    """Where audits are read, and the key that opens them."""

    url: str
    root: RootKey


def subject_book(shared: Shared) -> SubjectBook:
    """Return the book of requests; ConfigurationError for days that are none."""
    settings = shared.settings
    return SubjectBook(
        shared.engine, shared.changes, subject_rules(settings), working_calendar(settings), shared.clock
    )


def subject_routes(shared: Shared, book: SubjectBook, access: AuditAccess | None) -> APIRouter:
    """Return the routes; without *access* they say that audits are not read here."""
    rules = subject_rules(shared.settings)
    front = SubjectFront(
        book,
        _desk(shared, book, rules, access) if access is not None else None,
        shared.accounts,
        shared.rejections,
        shared.clock,
        most_numbers=rules.most_numbers,
    )
    return subject_router(front, shared.allowed(Permission.REPORT_TO_SUBJECTS))


def subject_rules(settings: Settings) -> SubjectRules:
    """Return what the department settled."""
    return SubjectRules(
        answer_working_days=settings.subject_report_answer_working_days,
        report_days=settings.subject_report_days,
        extension_days=settings.subject_report_extension_days,
        most_numbers=settings.subject_report_numbers,
        per_officer_per_day=settings.subject_reports_per_officer_per_day,
        needs_second_person=settings.subject_report_second_person,
        officers=settings.subject_report_officers,
        audits=settings.subject_report_audits,
    )


def working_calendar(settings: Settings) -> WorkingCalendar:
    """Return which days are worked; ConfigurationError."""
    try:
        return WorkingCalendar.from_text(settings.days_off)
    except ValueError:
        raise ConfigurationError(
            "DANCU_DAYS_OFF: days such as 2026-12-31, and +2026-08-22 for a weekend day that is worked"
        ) from None


def _desk(shared: Shared, book: SubjectBook, rules: SubjectRules, access: AuditAccess) -> SubjectReportDesk:
    # Connections of its own, and few: a long report takes seconds, which no auditor's search is to wait for.
    engine = open_searching_engine(access.url, pool_size=2)
    shared.stack.push_async_callback(engine.dispose)
    return SubjectReportDesk(
        book,
        SubjectEvidence(AuditReader(engine, access.root)),
        ReportViews(shared.accounts, shared.units, shared.certificates),
        shared.engine,
        shared.changes,
        shared.refusals,
        shared.stack.enter_context(PaperPress(max_waiting=_REPORTS_AT_ONCE)),
        rules,
        shared.clock,
        shared.settings.authority_code,
    )
