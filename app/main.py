"""Puts the gateway together: the only place that knows every part."""

import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import Final
from uuid import UUID

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

import adapters.diagnosis
from adapters.certificate_watch import CertificateWatch
from app.account_parts import AccountParts
from app.accounts.activation_routes import ActivationRequest
from app.accounts.activity import ActivityBook
from app.accounts.administration_schemas import RoleChangeRequest, SuspensionRequest
from app.accounts.approval_routes import ApprovalRequest, Decision
from app.accounts.authentication import AccessRules, Authenticator
from app.accounts.client_schemas import CLIENT_BODIES
from app.accounts.compatible_routes import CompatibleRequest
from app.accounts.guarding import ADDRESS_RULES, SignInGuards
from app.accounts.lapse import LapseRules
from app.accounts.life_schemas import LIFE_BODIES
from app.accounts.lifecycle import LifecycleKeeper
from app.accounts.lockout import LockRules
from app.accounts.lookup_key_routes import LookupKeyRequest
from app.accounts.me_routes import PasswordChangeRequest, SecondFactorCode
from app.accounts.metrics import metrics_router
from app.accounts.notices import NoticeBook
from app.accounts.officer_registration_routes import NewOfficerRequest
from app.accounts.password_policy import PROFILES
from app.accounts.rejections import Rejections
from app.accounts.routes import (
    TOKEN_PATH,
    RevocationRequest,
    TokenRequest,
    current_officer,
    officer_with,
    signed_in_here,
)
from app.accounts.sessions import SessionRules, SessionStore, load_ended_sessions
from app.accounts.status_routes import CertificateEnd, StatusBoard, status_router
from app.accounts.store import Accounts, amend_accounts, load_accounts
from app.accounts.sweeping import Sweeper, usual_purges
from app.accounts.technical import ClientAuthenticator
from app.accounts.token_key_store import TokenKeyring
from app.accounts.token_keys import TokenKeys
from app.accounts.tokens import TokenMint
from app.accounts.values import Permission
from app.administration_parts import AdministrationParts
from app.audit.coalescing import Coalescer
from app.audit.headroom import Headroom
from app.audit.keyring import Keyring
from app.audit.log import AuditLog
from app.audit.reconciler import Reconciler
from app.audit.tree.anchoring import AnchorGuard
from app.audit.tree.reader import TreeReader
from app.audit.writer import AuditWriter
from app.auditing.schemas import AuditSearchRequest, UnmaskingRequest
from app.auditing.search_export_routes import SearchExportRequest
from app.auditing.subject_schemas import SUBJECT_BODIES
from app.auditing.transparency_routes import transparency_router
from app.auditing_parts import AuditingParts
from app.clock import Clock, SystemClock, local_day
from app.compat.directory import FaceDirectory, amend_face, load_face
from app.compat.expiry_watch import ExpiryWatch
from app.compat_parts import compatible_face, key_routers
from app.database.connect import connector, open_engine
from app.database.live import DIRECTORY, SESSIONS, DirectoryKeeper, LiveView, Topic
from app.errors import ConfigurationError, GatewayError, InvalidRequestError, ProblemCode
from app.logs import LogEvent, get_logger
from app.lookup.data_fault_schemas import DataFaultRequest, DataFaultStatusRequest
from app.lookup.dossier_routes import DossierLinkRequest
from app.lookup.explaining_schemas import ExplanationRequest
from app.lookup.follow_up_schemas import FollowUpRequest
from app.lookup.guesses import guesses_of_past_days
from app.lookup.limit_store import limit_purges
from app.lookup.road_check_desk import RoadCheckDesk
from app.lookup.road_check_routes import road_check_router
from app.lookup.road_checks import RoadCheck
from app.lookup.routes import LOOKUP_PATH
from app.lookup.schemas import LookupRequest, NoticeAcceptance
from app.lookup.signing_certificates import SigningCertificates
from app.lookup.signing_store import SealRing
from app.lookup.source import PopulationSource
from app.lookup.verification_routes import VERIFICATION_PATH
from app.lookup.verification_schemas import VerificationRequest
from app.lookup_parts import LookupParts, Shared
from app.procedures.catalogue.schemas import NewProcedure, ProcedureChange
from app.procedures.grants.schemas import GrantChangeRequest
from app.procedures.routes import me_router
from app.procedures.store import Catalogue, amend_catalogue, load_catalogue
from app.procedures.unit_schemas import NewUnitRequest, UnitChangeRequest
from app.reports.desk import UsageDesk
from app.reports.routes import usage_router
from app.reports.store import UsageStore
from app.road_board import certificate_board, opening_roads, road_board
from app.serving_settings import Secrets, read_dossier_shapes, read_secrets, read_witness_policy
from app.settings import Settings, UpstreamSettings
from app.subject_parts import AuditAccess, subject_book, subject_routes, working_calendar
from app.units.store import UnitRegister, amend_units, load_units
from app.web.context import RequestContext, respond
from app.web.health import health_router
from app.web.openapi import describe
from app.web.proxies import TrustedProxies
from app.web.shedding import LoopWatch, Shedding, Valve
from app.web.straight import Gateway, StraightRoute, straight

_log = get_logger(__name__)

OpenSource = Callable[[], AbstractAsyncContextManager[PopulationSource]]
WrapLog = Callable[[AuditLog], AuditLog]
_CLOCK_SLACK: Final = timedelta(minutes=1)
_BODIES: Final = (
    LookupRequest,
    DossierLinkRequest,
    VerificationRequest,
    NoticeAcceptance,
    AuditSearchRequest,
    UnmaskingRequest,
    SearchExportRequest,
    TokenRequest,
    RevocationRequest,
    PasswordChangeRequest,
    SecondFactorCode,
    SuspensionRequest,
    RoleChangeRequest,
    NewOfficerRequest,
    ApprovalRequest,
    Decision,
    ActivationRequest,
    *LIFE_BODIES,
    NewUnitRequest,
    UnitChangeRequest,
    *CLIENT_BODIES,
    ExplanationRequest,
    DataFaultRequest,
    DataFaultStatusRequest,
    FollowUpRequest,
    NewProcedure,
    ProcedureChange,
    GrantChangeRequest,
    *SUBJECT_BODIES,
    LookupKeyRequest,
    CompatibleRequest,
)
_STRAIGHT: Final = (LOOKUP_PATH, VERIFICATION_PATH, TOKEN_PATH)
"""Where requests come in numbers: served before all others."""


def create_app(
    settings: Settings,
    upstream: UpstreamSettings,
    *,
    clock: Clock | None = None,
    open_source: OpenSource | None = None,
    wrap_log: WrapLog | None = None,
) -> FastAPI:
    """Return the gateway; its parts start and stop with the application's lifespan.

    *open_source* and *wrap_log* let tests stand between the lookup and what it relies on.
    Raises ConfigurationError for settings that cannot serve.
    """
    secrets = read_secrets(settings)
    read_dossier_shapes(settings)  # wrong ones stop the start at once, not when the application begins
    read_witness_policy(settings)
    working_calendar(settings)
    known_clock = clock or SystemClock()
    opened = open_source or opening_roads(settings, upstream, known_clock)
    roads = settings.upstreams or (upstream,)

    valve = Valve(settings.overload_milliseconds / 1000)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            parts = _Parts(settings, secrets, known_clock, stack, wrap_log or (lambda log: log), valve)
            source = await stack.enter_async_context(opened())
            checks = [adapters.diagnosis.Diagnosis(road, known_clock) for road in roads]
            watch = CertificateWatch(roads if open_source is None else (), known_clock)
            await stack.enter_async_context(watch)
            routers = await parts.start(source, checks, partial(certificate_board, watch))
            for router in routers:
                # Not include_router, which makes each route once more, and looks for it in two steps.
                app.router.routes.extend(router.routes)
            app.router.routes[:0] = parts.straight_routes
            app.go_straight(straight(routers, path) for path in _STRAIGHT)
            gc.collect()
            gc.freeze()  # what start-up made lives as long as the process; no need to look at it again
            await stack.enter_async_context(LoopWatch(valve))
            _log.info(LogEvent.STARTED)
            yield
            _log.info(LogEvent.STOPPED)

    app = Gateway(
        title="Residence-lookup gateway",
        version=version("dancu"),
        description="Cổng tra cứu thông tin cư trú: every look by a known officer, for a dossier, on record.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # nothing of a request goes elsewhere
        redirect_slashes=False,  # the redirect would be made of a Host header, and bodies sent after it
    )
    if settings.proxy_addresses:  # without them no header says who anybody is
        app.surround(
            TrustedProxies,
            networks=settings.proxy_addresses,
            certificate_header=settings.client_certificate_header,
        )
    app.surround(RequestContext)
    app.surround(Shedding, valve=valve, paths=(LOOKUP_PATH, VERIFICATION_PATH))
    app.add_exception_handler(GatewayError, _on_gateway_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    describe(app, *_BODIES)
    return app


class _Parts:
    """Everything a running gateway consists of, started in order and stopped in reverse."""

    def __init__(
        self,
        settings: Settings,
        secrets: Secrets,
        clock: Clock,
        stack: AsyncExitStack,
        wrap_log: WrapLog,
        valve: Valve,
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._clock = clock
        self._stack = stack
        self._wrap_log = wrap_log
        self._valve = valve
        self.straight_routes: list[StraightRoute] = []
        """Further routes to be searched before all others, once started."""
        self._engine = open_engine(secrets.database_url)
        stack.push_async_callback(self._engine.dispose)
        day = self._today
        self._accounts: LiveView[Accounts] = LiveView(
            lambda c: load_accounts(c, day(), self._accounts.last),
            lambda c, known, what: amend_accounts(c, known, what, day()),
        )
        self._units: LiveView[UnitRegister] = LiveView(
            lambda c: load_units(c, day()), lambda c, known, what: amend_units(c, known, what, day())
        )
        self._catalogue: LiveView[Catalogue] = LiveView(
            lambda c: load_catalogue(c, day()), lambda c, known, what: amend_catalogue(c, known, what, day())
        )
        self._face: LiveView[FaceDirectory] = LiveView(load_face, amend_face)
        self._token_keys: LiveView[TokenKeys] = LiveView(TokenKeyring(secrets.root).load)
        self._certificates: LiveView[SigningCertificates] = LiveView(SealRing(secrets.root).load)
        lifetime = timedelta(minutes=settings.token_minutes)
        self._mint = TokenMint(self._token_keys, settings.public_url, clock, lifetime=lifetime)
        self._ended_sessions: LiveView[frozenset[UUID]] = LiveView(
            lambda c: load_ended_sessions(c, clock.now() - lifetime - _CLOCK_SLACK)
        )
        self._shapes = read_dossier_shapes(settings)
        self._policy = read_witness_policy(settings)
        self._sessions = SessionStore(self._engine)
        guards_key = secrets.root.derive("sign-in guards")
        self._guards = SignInGuards(self._engine, guards_key, clock, LockRules(), ADDRESS_RULES)
        self._rules = AccessRules(
            PROFILES[settings.password_profile],
            SessionRules(
                idle=timedelta(minutes=settings.session_idle_minutes),
                administrator_idle=timedelta(minutes=settings.administrator_idle_minutes),
                longest=timedelta(hours=settings.session_hours),
            ),
        )

    async def start(
        self,
        source: PopulationSource,
        road_checks: Sequence[RoadCheck],
        certificates: Callable[[], list[CertificateEnd]],
    ) -> list[APIRouter]:
        """Start what runs in the background and return the routes."""
        settings, clock, mint = self._settings, self._clock, self._mint
        keepers = [
            await self._stack.enter_async_context(self._keeper(DIRECTORY)),
            await self._stack.enter_async_context(self._keeper(SESSIONS)),
        ]
        self._refuse_without_token_key(keepers[0])
        writer = await self._stack.enter_async_context(self._writer())
        log = self._wrap_log(writer)
        await self._stack.enter_async_context(
            Reconciler(
                self._engine,
                log,
                clock,
                age_seconds=settings.lookup_budget_seconds + settings.reconcile_margin_seconds,
                every_seconds=settings.reconcile_every_seconds,
            )
        )
        activity = await self._stack.enter_async_context(ActivityBook(self._sessions))
        purges = (*usual_purges(), *limit_purges(), guesses_of_past_days())
        await self._stack.enter_async_context(Sweeper(self._engine, clock, purges))
        await self._stack.enter_async_context(
            LifecycleKeeper(
                self._engine,
                log,
                clock,
                LapseRules(settings.lapse_days),
                every_seconds=settings.lifecycle_every_seconds,
            )
        )
        refusals = Coalescer(log)
        authenticator = Authenticator(
            mint, self._accounts, self._units, self._ended_sessions, activity, self._rules, refusals, clock
        )
        get_caller = current_officer(authenticator)
        get_restricted = current_officer(authenticator, allows_restricted=True)
        rejections = Rejections(refusals, clock)
        anchors = await self._stack.enter_async_context(self._anchor_guard())
        checks = {
            "directory": lambda: all(keeper.is_fresh for keeper in keepers),
            "audit": lambda: writer.is_ready,
            "anchoring": lambda: anchors.is_serving,
            "token_key": lambda: mint.can_sign,
        }
        tree = self._tree_reader()
        headroom = await self._stack.enter_async_context(Headroom(settings.headroom_paths))
        expiry = await self._stack.enter_async_context(ExpiryWatch(self._face, self._accounts, clock))
        board = StatusBoard(
            version("dancu"),
            checks,
            lambda: keepers[0].age_seconds,
            tree.age_seconds,
            lambda: headroom.volumes,
            anchors,
            lambda: writer.standbys,
            self._accounts,
            clock,
            roads=(roads := road_board(source)),
            certificates=certificates,
            expiring=lambda: expiry.expiring,
        )
        status_readers = (
            ClientAuthenticator(mint, self._accounts, refusals, clock),
            officer_with(Permission.READ_STATUS, get_caller, refusals, clock),
        )
        shared = Shared(
            settings=settings,
            root=self._secrets.root,
            shapes=self._shapes,
            clock=clock,
            stack=self._stack,
            engine=self._engine,
            accounts=self._accounts,
            units=self._units,
            catalogue=self._catalogue,
            certificates=self._certificates,
            log=log,
            refused=refusals,
            rejections=rejections,
            get_caller=get_caller,
            anchors=anchors,
            expiring=lambda: expiry.expiring,
        )
        requests = subject_book(shared)
        board = replace(board, subject_requests=requests.counts)
        lookups = LookupParts(shared, source)
        receipts = lookups.receipts()
        lookup_desk = await lookups.desk(receipts)
        self._valve.watch(writer.crowding, lookups.refusals)
        if settings.compatible_face:
            self.straight_routes += compatible_face(
                shared, self._face, self._guards, self._rules, lookup_desk, self._valve.check
            )
        return [  # searched in this order at every request: what is asked most stands first
            *lookups.routes(lookup_desk, receipts),
            *key_routers(shared),
            *AccountParts(shared, self._mint, self._guards, self._sessions, self._rules).routes(
                get_restricted, signed_in_here(get_restricted, refusals, clock)
            ),
            *await AdministrationParts(
                shared, self._guards, self._sessions, self._rules.sessions, get_restricted
            ).routes(),
            me_router(self._catalogue, self._rules, NoticeBook(self._engine), get_restricted, clock),
            *AuditingParts(shared, self._secrets.auditing_url, self._secrets.auditing_root).routes(),
            transparency_router(tree),
            subject_routes(shared, requests, self._audit_access()),
            self._usage_routes(shared),
            health_router(checks, roads),
            status_router(board, *status_readers),
            metrics_router(board, *status_readers),
            road_check_router(
                RoadCheckDesk(road_checks, log, clock), rejections, shared.allowed(Permission.READ_STATUS)
            ),
        ]

    def _refuse_without_token_key(self, keeper: DirectoryKeeper) -> None:
        """Refuse to start where nobody could sign in; a database that is away is waited for instead."""
        if keeper.is_fresh and not self._mint.can_sign:
            raise ConfigurationError(
                "no token key in the database opens with DANCU_ROOT_KEY; dancu keys months makes the first"
            )

    def _today(self) -> date:
        return local_day(self._clock.now())

    def _keeper(self, topic: Topic) -> DirectoryKeeper:
        directory = (
            self._accounts,
            self._units,
            self._catalogue,
            self._token_keys,
            self._certificates,
            self._face,
        )
        return DirectoryKeeper(
            self._engine,
            connector(self._secrets.database_url),
            self._clock,
            directory if topic is DIRECTORY else (self._ended_sessions,),
            day=self._today,
            max_age_seconds=self._settings.directory_max_age_seconds,
            topic=topic,
        )

    def _writer(self) -> AuditWriter:
        return AuditWriter(
            connector(self._secrets.database_url, synchronous_commit="on"),
            Keyring(self._secrets.root),
            self._clock,
            authority_code=self._settings.authority_code,
            wait_seconds=self._settings.audit_wait_seconds,
            standbys=self._settings.audit_standbys,
        )

    def _usage_routes(self, shared: Shared) -> APIRouter:
        # Connections of its own, and few: a report of years takes seconds, which no lookup is to wait for.
        engine = open_engine(self._secrets.database_url, pool_size=2)
        self._stack.push_async_callback(engine.dispose)
        desk = UsageDesk(UsageStore(engine), shared.directory, shared.refusals, self._clock)
        get_viewer = shared.allowed(Permission.VIEW_USAGE)
        return usage_router(desk, shared.rejections, shared.exports, get_viewer)

    def _tree_reader(self) -> TreeReader:
        # Connections of its own, and few: anybody may ask, and no lookup is to wait for them.
        engine = open_engine(self._secrets.database_url, pool_size=2)
        self._stack.push_async_callback(engine.dispose)
        return TreeReader(engine, self._policy)

    def _anchor_guard(self) -> AnchorGuard:
        settings = self._settings
        return AnchorGuard(
            self._engine,
            self._clock,
            warn_minutes=settings.anchor_warn_minutes,
            stop_minutes=settings.anchor_stop_minutes,
        )

    def _audit_access(self) -> AuditAccess | None:
        url, root = self._secrets.auditing_url, self._secrets.auditing_root
        return AuditAccess(url, root) if url is not None and root is not None else None


async def _on_gateway_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, GatewayError):
        raise error
    return respond(request, error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what Starlette itself refuses: unknown routes and methods."""
    refused = error if isinstance(error, HTTPException) else HTTPException(HTTPStatus.NOT_FOUND)
    is_method = refused.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    code = ProblemCode.METHOD_NOT_ALLOWED if is_method else ProblemCode.ROUTE_UNKNOWN
    response = respond(request, GatewayError(code))
    response.headers.update(refused.headers or {})  # Allow (RFC 9110 section 15.5.6)
    return response


async def _on_validation_error(request: Request, _: Exception) -> Response:
    """Answer what FastAPI itself refuses; its own answer would repeat what was sent."""
    return respond(request, InvalidRequestError(ProblemCode.INVALID_VALUE))
