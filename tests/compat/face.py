"""The compatible face over fakes, spoken to over HTTP without a socket or a database."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from lxml import etree
from starlette.applications import Starlette
from uuid_utils.compat import uuid7

from app.accounts.access_rules import AccessRules
from app.accounts.clients import secret_digest
from app.accounts.compatible_credentials import (
    CompatibleCredential,
    CompatiblePolicy,
    CompatibleProfile,
    compatible_secret_name,
)
from app.accounts.guarding import Charge, Count, SignInGuards, TooManySignInsError
from app.accounts.lockout import Guard
from app.accounts.lookup_keys import LookupKey
from app.accounts.password_policy import PROFILES
from app.accounts.rejections import Rejections
from app.accounts.sessions import SessionRules
from app.accounts.store import Accounts
from app.audit.coalescing import Coalescer
from app.audit.sealing import RootKey
from app.compat.desk import FaceDesk
from app.compat.directory import FaceDirectory
from app.compat.guard import WrongProofs
from app.compat.officers import ActiveOfficers, OfficerDesk
from app.compat.routes import face_routes
from app.compat.software import SoftwareDesk
from app.compat.tokens import FaceTokens
from app.lookup.guesses import GuessLimit
from app.lookup.retrying import RepeatGuard
from app.lookup.routes import LookupDesk
from app.procedures.store import Catalogue, GrantBook
from app.procedures.values import Grant, QuestionType
from app.units.store import UnitRegister
from app.web.context import RequestContext
from tests.lookup_fakes import PROCEDURE, SINCE, UNIT_ID, Desk, StandingView, a_citizen, a_procedure

SAMPLES = Path(__file__).parents[1] / "mock_c06" / "samples"
PUBLIC_URL = "https://gateway.test"
ACCESS_KEY, SECRET = "AK-MAU", "bi-mat-cua-phan-mem"
USER, USER_SECRET = "TEST_USER", "test-secret"
KEY_NAME, KEY_PASS = "tkmau1", "bi-mat-cua-can-bo"
LGSP, VDXP, JSON = "/compat/lgsp-soap", "/compat/vdxp-soap", "/compat/lgsp-json"
FIND, CONFIRM = "TraCuuThongTinCongDan", "XacThucThongTinCongDan"
ALLOWS_ALL = CompatiblePolicy("1.004194", "guidance_before_receipt", repeats_request_ids=True)


def sample(name: str) -> bytes:
    """Return a sample of shared/samples/c06."""
    return (SAMPLES / name).read_bytes()


class FakeGuards(SignInGuards):
    """Guards that count in memory and close an address after five."""

    def __init__(self) -> None:
        self.tries: list[tuple[str, str, str]] = []
        self.most = 5

    async def charge(self, login_name: str, client_id: str, address: str) -> Charge:
        if len(self.tries) >= self.most:
            raise TooManySignInsError(60)
        self.tries.append((login_name, client_id, address))
        guard = Guard(0, 0, datetime.min.replace(tzinfo=UTC), None)
        until = datetime.max.replace(tzinfo=UTC) if len(self.tries) == self.most else None
        count, address_count = Count(b"", guard, guard), Count(b"", guard, replace(guard, locked_until=until))
        return Charge(address_count, count, is_account_locked=False, locks_account=False)


class FakeActive(ActiveOfficers):
    """Notes in memory."""

    def __init__(self) -> None:
        self.noted: set[tuple[UUID, date]] = set()

    async def note(self, officer_id: UUID, day: date) -> None:
        self.noted.add((officer_id, day))


@dataclass
class Face:
    """A running face, and everything a test may turn about it."""

    desk: Desk
    policy: CompatiblePolicy = ALLOWS_ALL
    signed_addresses: tuple[str, ...] = ()
    guards: FakeGuards = field(default_factory=FakeGuards)
    root: RootKey = field(default_factory=lambda: RootKey.from_text(RootKey.generate_text()))
    active: FakeActive = field(default_factory=FakeActive)
    http: httpx.AsyncClient = field(init=False)
    accounts: StandingView[Accounts] = field(init=False)
    units: StandingView[UnitRegister] = field(init=False)
    face: StandingView[FaceDirectory] = field(init=False)

    def __post_init__(self) -> None:
        caller, now = self.desk.caller, self.desk.clock.now()
        officer = replace(caller.officer, password_changed_at=now - timedelta(days=10))
        self.desk.caller = replace(caller, officer=officer)
        self.set_officer()
        self.units = StandingView(UnitRegister({caller.unit.unit_id: caller.unit}))
        common: dict[str, Any] = {
            "client_id": caller.client.client_id,
            "policy": self.policy,
            "signed_addresses": self.signed_addresses,
            "created_at": now,
            "expires_at": None,
        }
        vdxp_id = uuid4()
        wrapped = self.root.wrap(compatible_secret_name(vdxp_id), USER_SECRET.encode())
        credentials = [
            CompatibleCredential(
                uuid4(),
                profile=CompatibleProfile.LGSP,
                name=ACCESS_KEY,
                digest=secret_digest(SECRET),
                **common,
            ),
            CompatibleCredential(
                vdxp_id, profile=CompatibleProfile.VDXP, name=USER, wrapped_secret=wrapped, **common
            ),
        ]
        self.key = LookupKey(
            uuid7(),
            officer.officer_id,
            caller.unit.unit_id,
            caller.client.client_id,
            KEY_NAME,
            secret_digest(KEY_PASS),
            now - timedelta(days=1),
            now + timedelta(days=89),
        )
        self.face = StandingView(FaceDirectory.of(credentials, {KEY_NAME: self.key}))

    def set_officer(self, **changes: Any) -> None:
        """Let the officer be as *changes* say."""
        officer = replace(self.desk.caller.officer, **changes)
        client = self.desk.caller.client
        shown = Accounts(
            {officer.officer_id: officer}, {officer.login_name: officer}, {client.client_id: client}
        )
        if hasattr(self, "accounts"):
            self.accounts.shown = shown
        else:
            self.accounts = StandingView(shown)

    def set_client(self, **changes: Any) -> None:
        """Let the client software be as *changes* say."""
        client = replace(self.desk.caller.client, **changes)
        self.accounts.shown = replace(self.accounts.shown, clients={client.client_id: client})

    def expire(self) -> None:
        """Let the software's credentials have run out."""
        now = self.desk.clock.now()
        credentials = [replace(one, expires_at=now) for one in self.face.shown.credentials.values()]
        self.face.shown = FaceDirectory.of(credentials, self.face.shown.keys)

    def set_key(self, **changes: Any) -> None:
        """Let the officer's key be as *changes* say."""
        self.face.shown = replace(self.face.shown, keys={KEY_NAME: replace(self.key, **changes)})

    def routes_desk(self) -> FaceDesk:
        """Return the face's desk over the fakes."""
        desk, clock = self.desk, self.desk.clock
        refusals = Coalescer(desk.log)
        rules = AccessRules(
            PROFILES["dongnai-2023"],
            SessionRules(idle=timedelta(1), administrator_idle=timedelta(1), longest=timedelta(1)),
        )
        wrong = WrongProofs(self.guards, refusals, clock)
        lookups = LookupDesk(
            desk.service,
            None,  # type: ignore[arg-type] # no receipt is asked for here
            RepeatGuard(b"secret", desk.store, wait_seconds=0.1),
            desk.notices,
            desk.store,
            Rejections(refusals, clock),
            clock,
            64 * 1024,
            None,  # type: ignore[arg-type] # no link is read here
        )
        tokens = FaceTokens(b"tokens", clock)
        software = SoftwareDesk(
            self.accounts, self.face, tokens, wrong, refusals, self.root, PUBLIC_URL, clock
        )
        officers = OfficerDesk(self.accounts, self.units, self.face, rules, wrong, self.active, clock)
        guesses = GuessLimit(b"guesses", desk.store, clock, per_day=5)
        return FaceDesk(software, officers, lookups, guesses, desk.catalogue)

    async def token(self) -> str:
        """Return a token as Hậu Giang's software gets one."""
        answer = await self.http.post(
            f"{LGSP}/getToken", data={"grant_type": "client_credentials"}, headers=lgsp_header()
        )
        return str(answer.raise_for_status().json()["access_token"])

    async def over_lgsp(self, content: bytes, path: str = FIND, **headers: str) -> httpx.Response:
        """Ask as Hậu Giang's software does."""
        named = {"Authorization": f"Bearer {await self.token()}", **lgsp_header(), "AuthHash": auth_hash()}
        return await self.post(f"{LGSP}/{path}", content, named | with_hyphens(headers))

    async def over_vdxp(self, content: bytes, path: str = FIND, **headers: str) -> httpx.Response:
        """Ask as the court's software does, its officer's key in a header."""
        signed = self.signed(f"{VDXP}/{path}") | {"AuthHash": auth_hash()}
        return await self.post(f"{VDXP}/{path}", content, signed | with_hyphens(headers))

    async def in_json(self, content: bytes, path: str = CONFIRM, **headers: str) -> httpx.Response:
        """Ask as Đồng Tháp's software does, its officer's key in a header."""
        auth = base64.b64encode(f"{ACCESS_KEY}:{SECRET}".encode()).decode()
        answer = await self.http.post(f"{JSON}/api/v1/Authentication/Token", headers={"Auth": auth})
        token = answer.raise_for_status().json()["token"]
        named = {"Authorization": f"Bearer {token}", "AuthHash": auth_hash()}
        named |= {"Content-Type": "application/json"}
        return await self.post(f"{JSON}/{path}", content, named | with_hyphens(headers))

    async def post(self, path: str, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Post; a header that is empty is left out."""
        usual = {"Content-Type": "application/xml; charset=utf-8"} | dict(headers)
        return await self.http.post(
            path, content=content, headers={name: value for name, value in usual.items() if value}
        )

    def signed(self, address: str, at: datetime | None = None, *, unit: int = 1000) -> dict[str, str]:
        """Return the headers of a VDXP call that signs *address*."""
        timestamp = str(int((at or self.desk.clock.now()).timestamp() * unit))
        digest = hashlib.sha256(f"{address}{USER}{timestamp}{USER_SECRET}".encode()).hexdigest()
        basic = base64.b64encode(f"{USER}:{digest}".encode()).decode()
        return {"Authorization": f"Basic {basic}", "Timestamp": timestamp}


def lgsp_header(access_key: str = ACCESS_KEY, secret: str = SECRET) -> dict[str, str]:
    """Return `lgspaccesstoken` as real software makes it."""
    written = {
        "AccessKey": access_key,
        "SecretKey": secret,
        "AppName": "mcdt-test",
        "PartnerCode": "000.00.00.H00",
        "PartnerCodeCus": "000.00.00.H00",
    }
    content = json.dumps(written, separators=(",", ":")).encode()
    return {"lgspaccesstoken": base64.b64encode(content).decode()}


def auth_hash(name: str = KEY_NAME, secret: str = KEY_PASS) -> str:
    """Return `AuthHash` as real software makes it."""
    return base64.b64encode(f"{name}:{secret}".encode()).decode()


def with_hyphens(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers whose names are given with underscores."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def fault(answer: httpx.Response) -> str:
    """Return the text of a SOAP Fault."""
    text = etree.fromstring(answer.content).findtext(".//faultstring")
    assert text is not None, answer.text
    return str(text)


_THE_SAMPLES_PERSON = object()


@asynccontextmanager
async def a_face(
    answer: Any = _THE_SAMPLES_PERSON, *, address: str = "127.0.0.1", **changes: Any
) -> AsyncIterator[Face]:
    """Run a face whose national side answers *answer*, by default Trần Văn Thử; None is nobody."""
    desk = Desk(a_citizen(old_id_number="990000017") if answer is _THE_SAMPLES_PERSON else answer)
    desk.catalogue.shown = catalogue_of("1.000001", "G18-YT04")
    face = Face(desk, **changes)
    app = RequestContext(Starlette(routes=face_routes(face.routes_desk(), lambda: None)))
    transport = httpx.ASGITransport(app, client=(address, 50000), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
        face.http = http
        yield face


def catalogue_of(*service_codes: str) -> Catalogue:
    """Return procedures with these codes on the national side, the first being the usual one; all granted."""
    questions = frozenset({QuestionType.LOOKUP, QuestionType.VERIFICATION})
    codes = [PROCEDURE, *(f"1.00000{number}" for number in range(5, 5 + len(service_codes)))]
    procedures = {
        code: a_procedure(procedure_code=code, question_types=questions, service_code=service_code)
        for code, service_code in zip(codes, service_codes, strict=False)
    }
    return Catalogue(procedures, GrantBook.of(Grant(UNIT_ID, code, SINCE, None) for code in procedures))
