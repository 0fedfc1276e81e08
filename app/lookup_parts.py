"""What lookups, and all that follows one, consist of in a running gateway."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.administration_desk import Directory
from app.accounts.expiring import Expiring
from app.accounts.exports import ExportLog
from app.accounts.refusals import Refusals
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller, officer_with
from app.accounts.store import Accounts
from app.accounts.throttling import SignInThrottle
from app.accounts.values import Permission
from app.audit.changes import ChangeLog
from app.audit.coalescing import Coalescer
from app.audit.log import AuditLog
from app.audit.sealing import RootKey
from app.audit.tree.anchoring import AnchorGuard
from app.clock import Clock
from app.database.live import LiveView
from app.lookup.admission import Admission
from app.lookup.data_fault_desk import DataFaultDesk
from app.lookup.data_fault_routes import data_fault_router
from app.lookup.dossier_desk import DossierLinkDesk
from app.lookup.dossier_links import DossierLinks
from app.lookup.dossier_routes import dossier_router
from app.lookup.dossier_shape import DossierShape
from app.lookup.explaining_days import OtherDays
from app.lookup.explaining_desk import ExplainingDesk
from app.lookup.explaining_routes import explaining_router
from app.lookup.fair_sharing import FairShares
from app.lookup.first_entries import FirstEntryStore
from app.lookup.follow_up import FollowUpDesk
from app.lookup.follow_up_routes import follow_up_router, paper_asked_router
from app.lookup.gazetteer import load_gazetteer
from app.lookup.guesses import GuessLimit
from app.lookup.limit_keeper import LimitKeeper
from app.lookup.limit_rules import LimitRules
from app.lookup.limit_store import LimitStore
from app.lookup.limits import LimitBook
from app.lookup.notice import NoticeDesk
from app.lookup.own_lookup_routes import own_lookup_router
from app.lookup.pace import OfficerPace
from app.lookup.receipt_routes import CHECKS_PER_SECOND, receipt_router
from app.lookup.receipt_store import ReceiptStore
from app.lookup.receipts import ReceiptDesk, Views
from app.lookup.retrying import RepeatGuard, RetryCheck
from app.lookup.routes import LookupDesk, lookup_router
from app.lookup.service import LookupPolicy, LookupService
from app.lookup.signing_certificates import SigningCertificates
from app.lookup.source import PopulationSource
from app.lookup.store import LookupStore
from app.lookup.verification_routes import VerificationDesk, verification_router
from app.papers.press import PaperPress
from app.procedures.store import Catalogue
from app.settings import Settings
from app.units.store import UnitRegister

_RECEIPTS_AT_ONCE: Final = 32
_SECOND_BUDGETS: Final = 2  # a repeated request waits for the first one's call and its two commits


@dataclass(frozen=True, slots=True)
class Shared:
    """What a gateway's parts have in common."""

    settings: Settings
    root: RootKey
    shapes: tuple[DossierShape, ...]
    clock: Clock
    stack: AsyncExitStack
    engine: AsyncEngine
    accounts: LiveView[Accounts]
    units: LiveView[UnitRegister]
    catalogue: LiveView[Catalogue]
    certificates: LiveView[SigningCertificates]
    log: AuditLog
    refused: Coalescer
    rejections: Rejections
    get_caller: GetCaller
    anchors: AnchorGuard
    expiring: Callable[[], Expiring]

    @property
    def directory(self) -> Directory:
        """Officers and units as they stand at each moment."""
        return Directory(self.accounts, self.units)

    @property
    def changes(self) -> ChangeLog:
        """Where changes are made that are on record."""
        return ChangeLog(self.engine, self.log, self.clock)

    @property
    def refusals(self) -> Refusals:
        """Where what somebody may not do goes on record."""
        return Refusals(self.refused, self.clock)

    @property
    def exports(self) -> ExportLog:
        """Where lists that leave as files go on record."""
        return ExportLog(self.log, self.clock)

    def allowed(self, permission: Permission) -> GetCaller:
        """Return the dependency of a route for officers with *permission*."""
        return officer_with(permission, self.get_caller, self.refused, self.clock)


class LookupParts:
    """Builds the desks and routes of lookups, their background work included."""

    def __init__(self, shared: Shared, source: PopulationSource) -> None:
        """Build from what is *shared*; lookups ask *source*."""
        self._shared = shared
        self._source = source
        self._store = LookupStore(shared.engine)
        self.refusals: Callable[[], int] = int
        """Says how many found no place at the national side; once `desk` was made."""

    async def desk(self, receipts: ReceiptDesk) -> VerificationDesk:
        """Start what counts limits, and return where everybody's lookups and verifications are made."""
        load_gazetteer()  # half a second that no lookup shall wait for
        return VerificationDesk(self._lookup_desk(await self._admission(), receipts), self._guesses())

    def routes(self, desk: VerificationDesk, receipts: ReceiptDesk) -> list[APIRouter]:
        """Return the routes, the lookup's first."""
        shared = self._shared
        return [
            lookup_router(desk.lookups, shared.get_caller),
            verification_router(desk, shared.get_caller),
            self._dossier_routes(),
            self._explaining_routes(),
            self._data_fault_routes(),
            receipt_router(
                receipts, SignInThrottle(shared.clock, per_second=CHECKS_PER_SECOND), shared.get_caller
            ),
            *self._follow_up_routes(),
            own_lookup_router(
                shared.engine, shared.units, shared.rejections, shared.clock, shared.get_caller
            ),
        ]

    async def _admission(self) -> Admission:
        shared, settings = self._shared, self._shared.settings
        rules = LimitRules(
            officer_per_hour=settings.lookups_per_officer_per_hour,
            officer_per_day=settings.lookups_per_officer_per_day,
            unit_per_hour=settings.lookups_per_unit_per_hour,
            unit_per_day=settings.lookups_per_unit_per_day,
            client_per_hour=settings.lookups_per_client_per_hour,
            client_per_day=settings.lookups_per_client_per_day,
            citizens_per_officer_per_day=settings.citizens_per_officer_per_day,
        )
        secret = shared.root.derive("lookup limits")
        book = LimitBook(rules, secret, shared.clock)
        await shared.stack.enter_async_context(LimitKeeper(book, LimitStore(shared.engine, secret)))
        wait_seconds = min(settings.national_wait_seconds, settings.lookup_budget_seconds / 2)
        # For each road: one that hangs keeps its own places and none of another's.
        at_once = settings.national_calls_at_once * max(1, len(settings.upstreams))
        shares = FairShares(shared.clock, at_once=at_once, wait_seconds=wait_seconds)
        self.refusals = lambda: shares.refused
        return Admission(book, shares)

    def receipts(self) -> ReceiptDesk:
        """Start what draws papers, and return where they are issued."""
        shared = self._shared
        press = shared.stack.enter_context(PaperPress(max_waiting=_RECEIPTS_AT_ONCE))
        views = Views(shared.certificates, shared.catalogue, shared.units)
        store, public_url = ReceiptStore(shared.engine), shared.settings.public_url
        return ReceiptDesk(views, store, shared.changes, press, shared.clock, public_url)

    def _guesses(self) -> GuessLimit:
        shared = self._shared
        per_day = shared.settings.verifications_per_citizen_per_day
        secret = shared.root.derive("verification guesses")
        return GuessLimit(secret, self._store, shared.clock, per_day=per_day)

    def _lookup_desk(self, admission: Admission, receipts: ReceiptDesk) -> LookupDesk:
        shared, settings, clock = self._shared, self._shared.settings, self._shared.clock
        notices = NoticeDesk(self._store, shared.log, clock)
        service = LookupService(
            shared.catalogue,
            self._source,
            shared.log,
            clock,
            LookupPolicy(settings.lookup_budget_seconds, settings.paper_needs_second_entry),
            pace=OfficerPace(clock, per_minute=settings.lookups_per_officer_per_minute),
            admission=admission,
            notices=notices,
            retries=RetryCheck(
                self._store, FirstEntryStore(shared.engine), shared.root.derive("second entries"), clock
            ),
            anchors=shared.anchors,
        )
        repeats = RepeatGuard(
            shared.root.derive("idempotency"),
            self._store,
            wait_seconds=settings.lookup_budget_seconds + _SECOND_BUDGETS * settings.audit_wait_seconds,
        )
        return LookupDesk(
            service,
            receipts,
            repeats,
            notices,
            self._store,
            shared.rejections,
            clock,
            settings.max_body_bytes,
            DossierLinks(shared.engine),
            shared.shapes,
        )

    def _dossier_routes(self) -> APIRouter:
        shared = self._shared
        desk = DossierLinkDesk(
            DossierLinks(shared.engine),
            self._store,
            shared.directory,
            shared.changes,
            shared.refusals,
            shared.clock,
        )
        get_head = shared.allowed(Permission.FOLLOW_DOSSIERS)
        return dossier_router(
            desk, shared.shapes, shared.rejections, shared.exports, shared.clock, shared.get_caller, get_head
        )

    def _explaining_routes(self) -> APIRouter:
        shared = self._shared
        desk = ExplainingDesk(
            shared.directory,
            shared.catalogue,
            OtherDays(shared.engine),
            shared.log,
            shared.refusals,
            shared.clock,
        )
        get_explainer = shared.allowed(Permission.EXPLAIN_DECISIONS)
        return explaining_router(desk, shared.shapes, shared.rejections, get_explainer)

    def _data_fault_routes(self) -> APIRouter:
        shared = self._shared
        desk = DataFaultDesk(
            shared.engine,
            shared.units,
            shared.catalogue,
            self._store,
            shared.changes,
            shared.refusals,
            shared.clock,
        )
        get_reporter = shared.allowed(Permission.LOOK_UP)
        get_handler = shared.allowed(Permission.HANDLE_DATA_FAULTS)
        return data_fault_router(
            desk, shared.rejections, shared.exports, get_reporter, get_handler, shared.get_caller
        )

    def _follow_up_routes(self) -> list[APIRouter]:
        shared = self._shared
        desk = FollowUpDesk(ReceiptStore(shared.engine), shared.changes, shared.clock)
        get_viewer = shared.allowed(Permission.VIEW_PAPER_ASKED)
        return [
            follow_up_router(desk, shared.rejections, shared.get_caller),
            paper_asked_router(shared.engine, shared.directory, shared.refusals, shared.exports, get_viewer),
        ]
