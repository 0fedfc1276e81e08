"""Fakes and builders for the lookup: a national side, a log with a journal, a store over its drafts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_network
from typing import Any, TypeVar
from uuid import UUID

from uuid_utils.compat import uuid7

from app.accounts.authentication import Caller
from app.accounts.clients import Client, ClientKind, GrantType
from app.accounts.request import Request
from app.accounts.values import Officer, Role
from app.audit.record import Draft, Outcome, RecordKind
from app.audit.tree.anchoring import AnchorGuard
from app.clock import SystemClock
from app.database.live import LiveView
from app.errors import AuditUnavailableError
from app.lookup.admission import Admission
from app.lookup.command import LookupCommand, ReceptionChannel, VerificationMethod
from app.lookup.dossier import parse_dossier_code
from app.lookup.dossier_book import DossierBook
from app.lookup.fair_sharing import FairShares
from app.lookup.first_entries import EntryDigests, FirstEntryStore
from app.lookup.limit_rules import LimitRules
from app.lookup.limits import LimitBook
from app.lookup.notice import NoticeDesk
from app.lookup.pace import OfficerPace
from app.lookup.retrying import RetryCheck
from app.lookup.service import LookupPolicy, LookupService
from app.lookup.source import PopulationSource, SourceRequest
from app.lookup.store import LookupState, LookupStore
from app.lookup.values import Address, BirthDate, Citizen, CitizenId, FullName, Household, Question
from app.main import OpenSource
from app.procedures.fields import DEFAULT_FIELDS
from app.procedures.store import Catalogue, GrantBook
from app.procedures.values import Grant, Procedure
from app.units.values import Unit, UnitKind, UnitLevel
from tests.fakes import FakeAuditLog

T = TypeVar("T")

SINCE = date(2023, 1, 1)
UNIT_ID = uuid7()
PROCEDURE = "1.004194"
DOSSIER = "H19.34.12-230301-0001"
PERSON = {"id_number": "099190000017", "full_name": "Trần Văn Thử", "birth_date": "1990-05-09"}


class StandingClock:
    """A clock that stands still until a test turns it."""

    def __init__(self, at: datetime = datetime(2026, 11, 22, 3, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


class StoppedClock:
    """A clock whose wall time stays where it is put, for a running gateway; durations go on."""

    def __init__(self, at: datetime | None = None) -> None:
        self._real = SystemClock()
        self.at = at or self._real.now()

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self._real.monotonic()


class StandingView(LiveView[T]):
    """A view that always shows the same."""

    def __init__(self, value: T) -> None:
        self.shown = value

    @property
    def current(self) -> T:
        return self.shown


class JournalLog(FakeAuditLog):
    """A log that also notes in `journal` what became durable, and fails for the kinds in `failing`."""

    def __init__(self, journal: list[str] | None = None) -> None:
        super().__init__()
        self.journal = [] if journal is None else journal
        self.failing: set[RecordKind] = set()
        self.gate: asyncio.Event | None = None

    async def append(self, draft: Draft) -> None:
        if draft.kind is RecordKind.LOOKUP_OUTCOME:
            await asyncio.shield(self.write(draft))  # as the port promises
        else:
            await self.write(draft)

    async def write(self, draft: Draft) -> None:
        if draft.kind in self.failing:
            raise AuditUnavailableError
        if self.gate is not None and draft.kind is RecordKind.LOOKUP_OUTCOME:
            await self.gate.wait()
        await super().append(draft)
        self.journal.append(draft.kind.value)

    def of(self, kind: RecordKind) -> list[Draft]:
        """Return the drafts of one kind."""
        return [draft for draft in self.drafts if draft.kind is kind]


class FakeSource:
    """A national side that answers `answer` or raises it, once `gate` is open and `meanwhile` has run."""

    road = "fake-road"

    def __init__(
        self, answer: Citizen | BaseException | None = None, journal: list[str] | None = None
    ) -> None:
        self.answer = answer
        self.journal = [] if journal is None else journal
        self.requests: list[SourceRequest] = []
        self.gate: asyncio.Event | None = None
        self.asked = asyncio.Event()
        self.meanwhile: Callable[[SourceRequest], Any] | None = None

    async def find(self, request: SourceRequest) -> Citizen | None:
        self.requests.append(request)
        self.journal.append("asked")
        self.asked.set()
        if self.meanwhile is not None:
            await self.meanwhile(request)
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    async def confirm(self, request: SourceRequest) -> bool:
        return await self.find(request) is not None

    async def household(self, request: SourceRequest) -> Household:
        citizen = await self.find(request)
        return Household(() if citizen is None else (citizen,))


def opening(source: PopulationSource) -> OpenSource:
    """Return what `running_gateway` opens its source with."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[PopulationSource]:
        yield source

    return opened


class FakeLookupStore(LookupStore):
    """A store that reads the drafts of a fake log instead of a database."""

    def __init__(self, log: FakeAuditLog) -> None:
        self._log = log
        self.acceptances: set[tuple[UUID, date]] = set()
        self.reads = 0
        self.counts: dict[tuple[date, bytes], int] = {}
        self.is_away = False

    async def find(self, lookup_id: UUID) -> LookupState | None:
        asked = [draft for draft in self._log.drafts if draft.record_id == lookup_id]
        if not asked or asked[0].kind not in {RecordKind.LOOKUP_INTENT, RecordKind.LOOKUP_REFUSED}:
            return None
        ended = [
            draft
            for draft in self._log.drafts
            if draft.kind is RecordKind.LOOKUP_OUTCOME and draft.lookup_id == lookup_id
        ]
        is_refused = asked[0].kind is RecordKind.LOOKUP_REFUSED
        outcome = Outcome(str(ended[0].facts["outcome"])) if ended else None
        return LookupState(
            lookup_id,
            UUID(str(asked[0].facts["officer_id"])),
            str(asked[0].facts["procedure_code"]),
            _text(asked[0].facts.get("dossier_code")),
            asked[0].time,
            Outcome.NOT_PERMITTED if is_refused else outcome,
            None,
        )

    async def has_accepted_notice(self, officer_id: UUID, day: date) -> bool:
        self.reads += 1
        return (officer_id, day) in self.acceptances

    async def count_verification(self, day: date, digest: bytes, most: int) -> bool:
        self._be_there()
        count = self.counts.get((day, digest), 0)
        self.counts[day, digest] = min(count + 1, most)
        return count < most

    async def uncount_verification(self, day: date, digest: bytes) -> None:
        self._be_there()
        self.counts[day, digest] -= 1

    def _be_there(self) -> None:
        self.reads += 1
        if self.is_away:
            raise AuditUnavailableError

    async def add_notice_acceptance(self, officer_id: UUID, day: date, record_id: UUID) -> None:  # noqa: ARG002
        self.acceptances.add((officer_id, day))


class FakeFirstEntries(FirstEntryStore):
    """A store of first entries in memory."""

    def __init__(self) -> None:
        self.kept: dict[UUID, tuple[EntryDigests, datetime]] = {}
        self.is_away = False

    async def add(self, lookup_id: UUID, digests: EntryDigests, ends_at: datetime) -> None:
        if self.is_away:
            raise AuditUnavailableError
        self.kept[lookup_id] = digests, ends_at

    async def find(self, lookup_id: UUID) -> EntryDigests | None:
        kept = self.kept.get(lookup_id)
        return kept[0] if kept is not None else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


class Desk:
    """A lookup service over fakes, with everything a test may turn."""

    def __init__(
        self,
        answer: Citizen | BaseException | None = None,
        *,
        budget_seconds: float = 5.0,
        paper_needs_second_entry: bool = True,
        per_minute: int = 1000,
        dossiers: DossierBook | None = None,
        limits: LimitRules | None = None,
        at_once: int = 0,
        wait_seconds: float = 0.01,
        source: PopulationSource | None = None,
        anchors: AnchorGuard | None = None,
    ) -> None:
        self.journal: list[str] = []
        self.clock = StandingClock()
        self.log = JournalLog(self.journal)
        self.source = FakeSource(answer, self.journal)
        self.store = FakeLookupStore(self.log)
        self.entries = FakeFirstEntries()
        self.caller = a_caller()
        self.catalogue = StandingView(a_catalogue())
        self.limits = LimitBook(limits or LimitRules(), b"secret", self.clock)
        self.shares = FairShares(self.clock, at_once=at_once, wait_seconds=wait_seconds)
        self.notices = NoticeDesk(self.store, self.log, self.clock)
        self.store.acceptances.add((self.caller.officer.officer_id, date(2026, 11, 22)))
        self.service = LookupService(
            self.catalogue,
            source or self.source,
            self.log,
            self.clock,
            LookupPolicy(budget_seconds, paper_needs_second_entry),
            pace=OfficerPace(self.clock, per_minute=per_minute),
            admission=Admission(self.limits, self.shares),
            notices=self.notices,
            retries=RetryCheck(self.store, self.entries, b"secret", self.clock),
            dossiers=dossiers,
            anchors=anchors,
        )

    def outcome(self) -> dict[str, Any]:
        """Return the facts of the one outcome on record."""
        (draft,) = self.log.of(RecordKind.LOOKUP_OUTCOME)
        return dict(draft.facts)


def a_caller(**changes: Any) -> Caller:
    """Return a reception officer of a commune; *changes* name what differs about the officer."""
    values: dict[str, Any] = {
        "officer_id": uuid7(),
        "login_name": "tiepnhan.mau",
        "full_name": "Nguyễn Thị Tiếp Nhận",
        "role": Role.RECEPTION,
        "unit_id": UNIT_ID,
        "upstream_officer_code": "cb-mau-01",
        "is_active": True,
    }
    client = Client(
        client_id="mot-cua",
        name="Một cửa",
        is_active=True,
        kind=ClientKind.SERVICE,
        grants=frozenset({GrantType.PASSWORD}),
        networks=(ip_network("127.0.0.0/8"),),
    )
    return Caller(Officer(**(values | changes)), a_unit(), client, uuid7(), Request("127.0.0.1", "request-1"))


def a_unit() -> Unit:
    """Return the commune of a_caller."""
    return Unit(
        UNIT_ID,
        "Xã Mẫu",
        "H19.34.12",
        UnitLevel.COMMUNE,
        UnitKind.COMMUNE,
        frozenset({"H19.34.12", "000.12.34.H19"}),
    )


def a_procedure(**changes: Any) -> Procedure:
    """Return a procedure in force that sees the usual fields."""
    values: dict[str, Any] = {
        "procedure_code": PROCEDURE,
        "name": "Thủ tục mẫu",
        "legal_basis": "Điều 14",
        "service_code": "1.004194.01",
        "is_decree_104": True,
        "roles": frozenset({Role.RECEPTION, Role.PROCESSING}),
        "fields": dict.fromkeys(DEFAULT_FIELDS, "Điều 14"),
        "valid_from": SINCE,
        "valid_to": None,
    }
    return Procedure(**(values | changes))


def a_catalogue(procedure: Procedure | None = None) -> Catalogue:
    """Return a catalogue of one procedure, granted to a_unit."""
    known = procedure or a_procedure()
    grant = Grant(UNIT_ID, known.procedure_code, SINCE, None)
    return Catalogue({known.procedure_code: known}, GrantBook.of([grant]))


def a_question() -> Question:
    """Return the question about Trần Văn Thử."""
    return Question(CitizenId(PERSON["id_number"]), FullName(PERSON["full_name"]), BirthDate(1990, 5, 9))


def a_command(**changes: Any) -> LookupCommand:
    """Return a lookup of Trần Văn Thử; *changes* name what the test is about."""
    values: dict[str, Any] = {
        "question": a_question(),
        "procedure_code": PROCEDURE,
        "dossier": parse_dossier_code(DOSSIER, date(2026, 11, 22)),
        "verification_method": VerificationMethod.ONLINE_LOOKUP,
        "reception_channel": ReceptionChannel.COUNTER,
    }
    return LookupCommand(**(values | changes))


def a_citizen(**changes: Any) -> Citizen:
    """Return the record of Trần Văn Thử; *changes* name what the test is about."""
    values: dict[str, Any] = {
        "id_number": PERSON["id_number"],
        "full_name": "TRẦN VĂN THỬ",
        "birth_date": BirthDate(1990, 5, 9),
        "permanent_residence": Address("Thôn Mẫu Một", "99111", "991", "99", "VN"),
        "religion": "Không khai",
    }
    return Citizen(**(values | changes))
