"""What a running gateway consists of: the only place that knows every part."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date, timedelta
from importlib.metadata import version
from typing import Final
from uuid import UUID

from fastapi import APIRouter

from app.account_parts import AccountParts
from app.accounts.access_rules import AccessRules
from app.accounts.activity import ActivityBook
from app.accounts.authentication import Authenticator
from app.accounts.guarding import ADDRESS_RULES, GUARDS_KEY, SignInGuards
from app.accounts.lapse import LapseRules
from app.accounts.lifecycle import LifecycleKeeper
from app.accounts.lockout import LockRules
from app.accounts.metrics import metrics_router
from app.accounts.notices import NoticeBook
from app.accounts.password_policy import PROFILES
from app.accounts.rejections import Rejections
from app.accounts.routes import current_officer, officer_with, signed_in_here
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
from app.auditing.transparency_routes import transparency_router
from app.auditing_parts import AuditingParts
from app.clock import Clock, local_day
from app.compat.directory import FaceDirectory, amend_face, load_face
from app.compat.expiry_watch import ExpiryWatch
from app.compat_parts import compatible_face, key_routers
from app.database.connect import connector, open_engine
from app.database.live import DIRECTORY, SESSIONS, DirectoryKeeper, LiveView, Topic
from app.errors import ConfigurationError
from app.lookup.first_entries import first_entries_long_over
from app.lookup.guesses import guesses_of_past_days
from app.lookup.limit_store import limit_purges
from app.lookup.road_check_desk import RoadCheckDesk
from app.lookup.road_check_routes import road_check_router
from app.lookup.road_checks import RoadCheck
from app.lookup.signing_certificates import SigningCertificates
from app.lookup.signing_store import SealRing
from app.lookup.source import PopulationSource
from app.lookup_parts import LookupParts, Shared
from app.procedures.routes import me_router
from app.procedures.store import Catalogue, amend_catalogue, load_catalogue
from app.reports.desk import UsageDesk
from app.reports.routes import usage_router
from app.reports.store import UsageStore
from app.road_board import road_board
from app.serving_settings import Secrets, read_dossier_shapes, read_witness_policy
from app.settings import Settings
from app.subject_parts import AuditAccess, subject_book, subject_routes
from app.units.store import UnitRegister, amend_units, load_units
from app.web.health import health_router
from app.web.shedding import Valve
from app.web.straight import StraightRoute

WrapLog = Callable[[AuditLog], AuditLog]
_CLOCK_SLACK: Final = timedelta(minutes=1)


class GatewayParts:
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
        guards_key = secrets.root.derive(GUARDS_KEY)
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
        activity = await self._start_upkeep(log)
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

    async def _start_upkeep(self, log: AuditLog) -> ActivityBook:
        """Start what closes, sweeps and suspends in the background, and return who was seen when."""
        settings, clock = self._settings, self._clock
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
        purges = (*usual_purges(), *limit_purges(), guesses_of_past_days(), first_entries_long_over())
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
        return activity

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
