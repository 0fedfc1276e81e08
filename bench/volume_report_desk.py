"""The desk that makes citizens' reports, over a log of any size, and two officers who work at it."""

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.authentication import Caller
from app.accounts.refusals import Refusals
from app.accounts.store import Accounts, load_accounts
from app.audit.changes import ChangeLog
from app.audit.coalescing import Coalescer
from app.audit.keyring import Keyring
from app.audit.sealing import RootKey
from app.audit.writer import AuditWriter
from app.auditing.reader import AuditReader
from app.auditing.subject_book import NewRequest, SubjectBook
from app.auditing.subject_desk import ReportViews, SubjectReportDesk
from app.auditing.subject_evidence import SubjectEvidence
from app.auditing.subject_values import IdentityCheck, Requester, SubjectRules
from app.auditing.working_days import WorkingCalendar
from app.cli.invented import AUTHORITY
from app.clock import SystemClock, local_day
from app.database.connect import connector, open_engine, open_searching_engine
from app.database.live import LiveView
from app.lookup.signing_certificates import SigningCertificates
from app.lookup.signing_store import SealRing
from app.papers.press import PaperPress
from app.units.store import UnitRegister, load_units
from bench.decision import asking_caller
from bench.volume_world import Size, World

_CLOCK: Final = SystemClock()
_WAIT_SECONDS: Final = 10.0
_RULES: Final = SubjectRules(per_officer_per_day=1_000_000)

Evidence = TypeVar("Evidence", bound=SubjectEvidence)


@dataclass(frozen=True, slots=True)
class Sources:
    """What another process needs to open a log."""

    gateway_url: str = field(repr=False)
    auditing_url: str = field(repr=False)
    root: RootKey
    audit_root: RootKey
    size: Size

    @property
    def world(self) -> World:
        """Who asked about whom."""
        return World(self.size)


@dataclass(frozen=True, slots=True)
class ReportDesk:
    """Registers a request by one officer, and has another make its report."""

    book: SubjectBook
    desk: SubjectReportDesk
    registrar: Caller
    maker: Caller

    async def make(self, number: str) -> float:
        """Return how many seconds the report of who has *number* took, registering not counted."""
        new = NewRequest(
            (number,), Requester.CITIZEN, IdentityCheck.CARD, "biên nhận thử", local_day(_CLOCK.now())
        )
        request = await self.book.register(self.registrar, new)
        begun = time.perf_counter()
        await self.desk.make(self.maker, request.number)
        return time.perf_counter() - begun


async def open_report_desk(
    stack: AsyncExitStack, sources: Sources, make_evidence: Callable[[AuditReader], Evidence]
) -> tuple[ReportDesk, Evidence]:
    """Return a desk put together as a gateway has it, and what it reads the evidence with."""
    engine = open_engine(sources.gateway_url)
    stack.push_async_callback(engine.dispose)
    searching = open_searching_engine(sources.auditing_url, pool_size=2)
    stack.push_async_callback(searching.dispose)
    writer = await stack.enter_async_context(
        AuditWriter(
            connector(sources.gateway_url, synchronous_commit="on"),
            Keyring(sources.root),
            _CLOCK,
            authority_code=AUTHORITY,
            wait_seconds=_WAIT_SECONDS,
        )
    )
    changes = ChangeLog(engine, writer, _CLOCK)
    book = SubjectBook(engine, changes, _RULES, WorkingCalendar.from_text(""), _CLOCK)
    evidence = make_evidence(AuditReader(searching, sources.audit_root))
    desk = SubjectReportDesk(
        book,
        evidence,
        await _views(engine, sources.root),
        engine,
        changes,
        Refusals(Coalescer(writer), _CLOCK),
        stack.enter_context(PaperPress(max_waiting=4)),
        _RULES,
        _CLOCK,
        AUTHORITY,
    )
    first, second = (_caller(desk.officer_id) for desk in sources.world.desks[:2])
    return ReportDesk(book, desk, first, second), evidence


async def _views(engine: AsyncEngine, root: RootKey) -> ReportViews:
    """Return the directory as it is now; nobody changes it while reports are made."""
    today = local_day(_CLOCK.now())
    accounts: LiveView[Accounts] = LiveView(lambda c: load_accounts(c, today))
    units: LiveView[UnitRegister] = LiveView(lambda c: load_units(c, today))
    certificates: LiveView[SigningCertificates] = LiveView(SealRing(root).load)
    async with engine.connect() as connection:
        for view in (accounts, units, certificates):
            await view.refresh(connection)
            view.attach(lambda: True)
    return ReportViews(accounts, units, certificates)


def _caller(officer_id: UUID) -> Caller:
    caller = asking_caller()
    return replace(caller, officer=replace(caller.officer, officer_id=officer_id))
