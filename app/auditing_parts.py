"""Puts together what auditors are served: searches, unmaskings, and who watches the watchers."""

from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.values import Permission
from app.audit.record import RecordKind
from app.audit.sealing import RootKey
from app.auditing.alerts import AlertRule, ReadingAlert
from app.auditing.quotas import Quota, QuotaKeeper
from app.auditing.reader import AuditReader
from app.auditing.requests import SearchGround
from app.auditing.routes import auditing_router
from app.auditing.search import AuditSearcher
from app.auditing.search_evidence import SearchEvidence
from app.auditing.search_export import ExportMeans, ExportWatch
from app.auditing.search_export_routes import search_export_router
from app.auditing.unmasking import ReadingRules
from app.auditing.unmasking_desk import UnmaskingDesk
from app.auditing.unmasking_routes import unmasking_router
from app.database.connect import open_searching_engine
from app.lookup_parts import Shared


class AuditingParts:
    """Builds the auditors' desks and routes; without the auditing role's address or key they refuse."""

    def __init__(self, shared: Shared, database_url: str | None, root: RootKey | None) -> None:
        """Build from what is *shared*; read through *database_url*, open persons with *root*."""
        self._shared = shared
        self._engine = self._opened(database_url)
        self.reader = AuditReader(self._engine, root) if self._engine and root is not None else None
        """Reads the evidence; None where audits are not read."""
        self.ground = SearchGround(shared.accounts, shared.units, shared.shapes, shared.clock)
        """What the names in a search are read by."""

    def routes(self) -> list[APIRouter]:
        """Return the routes."""
        shared, get_auditor = self._shared, self._shared.allowed(Permission.SEARCH_AUDIT)
        most = shared.settings.max_body_bytes
        rejections, refusals = shared.rejections, shared.refusals
        searcher, desk = self._searcher(), self._unmasking_desk()
        means = self._export_means(searcher) if searcher is not None else None
        return [
            search_export_router(means, self.ground, get_auditor, rejections, refusals, max_body_bytes=most),
            auditing_router(searcher, self.ground, get_auditor, rejections, refusals, max_body_bytes=most),
            unmasking_router(desk, get_auditor, rejections, refusals, max_body_bytes=most),
        ]

    def _opened(self, database_url: str | None) -> AsyncEngine | None:
        if database_url is None:
            return None
        engine = open_searching_engine(database_url, pool_size=4)  # exports read for minutes
        self._shared.stack.push_async_callback(engine.dispose)
        return engine

    def _searcher(self) -> AuditSearcher | None:
        if self.reader is None:
            return None
        shared, settings = self._shared, self._shared.settings
        hourly = Quota(
            RecordKind.AUDIT_SEARCHED, settings.audit_searches_per_auditor_per_hour, timedelta(hours=1)
        )
        return AuditSearcher(
            self.reader,
            shared.accounts,
            shared.log,
            QuotaKeeper(self.reader, hourly, shared.clock),
            self._alert(self.reader),
            shared.clock,
        )

    def _alert(self, reader: AuditReader) -> ReadingAlert:
        shared, settings = self._shared, self._shared.settings
        rule = AlertRule(settings.audit_alert_searches, settings.audit_alert_days)
        return ReadingAlert(reader, shared.changes, rule, shared.clock)

    def _export_means(self, searcher: AuditSearcher) -> ExportMeans | None:
        if self.reader is None or self._engine is None:
            return None
        shared, settings = self._shared, self._shared.settings
        daily = Quota(
            RecordKind.AUDIT_SEARCH_EXPORTED, settings.audit_exports_per_auditor_per_day, timedelta(days=1)
        )
        return ExportMeans(
            self.reader,
            SearchEvidence(self._engine),
            searcher,
            shared.log,
            shared.clock,
            settings.authority_code,
            watch=ExportWatch(QuotaKeeper(self.reader, daily, shared.clock), self._alert(self.reader)),
        )

    def _unmasking_desk(self) -> UnmaskingDesk | None:
        if self.reader is None:
            return None
        shared, settings = self._shared, self._shared.settings
        daily = Quota(
            RecordKind.AUDIT_UNMASK_ASKED, settings.audit_unmaskings_per_auditor_per_day, timedelta(days=1)
        )
        lasts = timedelta(hours=settings.audit_unmasking_hours)
        return UnmaskingDesk(
            shared.engine,
            self.reader,
            shared.accounts,
            shared.changes,
            QuotaKeeper(self.reader, daily, shared.clock),
            ReadingRules(settings.audit_unmasking_readings, lasts),
            shared.clock,
        )
