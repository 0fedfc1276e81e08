"""The gateway's status for monitoring programs: nothing in it is about a person."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import orjson
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.clients import Ending, endings
from app.accounts.compatible_credentials import CompatibleCredential
from app.accounts.expiring import Expiring
from app.accounts.routes import GetCaller, authorization_of, request_of
from app.accounts.store import Accounts
from app.accounts.technical import ClientAuthenticator
from app.audit.headroom import Room, Volume
from app.audit.tree.anchoring import AnchorGuard
from app.clock import Clock, rfc3339
from app.database.live import LiveView
from app.errors import ProblemCode
from app.web.openapi import problems
from app.web.roads import Roads, RoadStatus, Stop


class EndingSoon(BaseModel):
    """Client software, or one of its credentials, that ends within 30 days or has ended."""

    client_id: str
    what: str
    credential_id: str | None
    ends_at: str


class VolumeRoom(BaseModel):
    """How full a volume is that the database writes to; `used_percent` is null where it cannot be read."""

    path: str
    used_percent: int | None
    room: Room


class CertificateEnd(BaseModel):
    """When a certificate of a road to the national side ends: `server`, `client` or `authority`."""

    road: str
    what: str
    ends_at: str


class LookupKeysEnding(BaseModel):
    """How many officers' lookup-only keys end soon; those within seven days are among those within 30."""

    within_30_days: int
    within_7_days: int


class SubjectRequestsStatus(BaseModel):
    """How citizens' requests to know who looked them up stand."""

    open: int
    overdue: int
    registered_today: int


class CountedRequests(Protocol):
    """What is counted of them."""

    @property
    def open(self) -> int:
        """Not answered yet."""
        ...

    @property
    def overdue(self) -> int:
        """Of those, past a deadline."""
        ...

    @property
    def registered_today(self) -> int:
        """By everybody: many are worth a question."""
        ...


async def no_requests() -> None:
    """Return that nothing is known of requests."""


class Status(BaseModel):
    """How the process stands; `directory_age_seconds` is since who-is-who was last confirmed.

    `checkpoint_age_seconds` is for how long records may stand under no checkpoint; null where none was made
    yet or the database does not say. `anchor_age_seconds`: the same of checkpoints that enough witnesses
    cosigned, since this process began where there never was one; `anchoring`: current, late or stopped.
    `headroom` has the volumes this process was told to watch.
    `audit_standbys` is how many synchronous standbys a record reaches; null where none are wanted or it is
    not known. `roads` are those to the national side in order of preference, `planned_stops` those in force
    or to come. `certificates` are the roads', as seen within the last hour, what ends first before
    all others. `lookup_keys_ending` are those of officers and software in use, as of the last hour.
    `subject_requests` is null where the database does not say.
    """

    version: str
    ready: bool
    checks: dict[str, bool]
    directory_age_seconds: float | None
    checkpoint_age_seconds: float | None
    headroom: list[VolumeRoom]
    anchor_age_seconds: float
    anchoring: str
    audit_standbys: int | None
    roads: list[RoadStatus]
    planned_stops: list[Stop]
    planned_stops_readable: bool
    certificates: list[CertificateEnd]
    ending_soon: list[EndingSoon]
    lookup_keys_ending: LookupKeysEnding
    subject_requests: SubjectRequestsStatus | None


@dataclass(frozen=True, slots=True)
class StatusBoard:
    """Where the status is read off."""

    version: str
    checks: Mapping[str, Callable[[], bool]]
    directory_age_seconds: Callable[[], float]
    checkpoint_age_seconds: Callable[[], Awaitable[float | None]]
    volumes: Callable[[], Sequence[Volume]]
    anchors: AnchorGuard
    audit_standbys: Callable[[], int | None]
    accounts: LiveView[Accounts]
    clock: Clock
    subject_requests: Callable[[], Awaitable[CountedRequests | None]] = no_requests
    roads: Callable[[], Roads] = Roads
    certificates: Callable[[], list[CertificateEnd]] = list
    expiring: Callable[[], Expiring] = Expiring

    async def read(self) -> Status:
        """Return the status now; DirectoryStaleError."""
        states = {name: check() for name, check in self.checks.items()}
        anchors = self.anchors
        age, checkpoint_age = self.directory_age_seconds(), await self.checkpoint_age_seconds()
        requests = await self.subject_requests()
        roads = self.roads()
        ending = endings(self.accounts.current.clients.values(), self.clock.now())
        expiring = self.expiring()
        return Status(
            version=self.version,
            ready=all(states.values()),
            checks=states,
            directory_age_seconds=round(age, 1) if isfinite(age) else None,
            checkpoint_age_seconds=round(checkpoint_age, 1) if checkpoint_age is not None else None,
            headroom=[
                VolumeRoom(path=one.path, used_percent=one.used_percent, room=one.room)
                for one in self.volumes()
            ],
            anchor_age_seconds=round(anchors.age_seconds, 1),
            anchoring=anchors.state.value,
            audit_standbys=self.audit_standbys(),
            roads=roads.roads,
            planned_stops=roads.planned_stops,
            planned_stops_readable=roads.planned_stops_readable,
            certificates=self.certificates(),
            ending_soon=endings_said(ending, expiring),
            lookup_keys_ending=LookupKeysEnding(
                within_30_days=expiring.keys, within_7_days=expiring.keys_very_soon
            ),
            subject_requests=requests_said(requests) if requests is not None else None,
        )


def requests_said(requests: CountedRequests) -> SubjectRequestsStatus:
    """Return how they stand."""
    return SubjectRequestsStatus(
        open=requests.open, overdue=requests.overdue, registered_today=requests.registered_today
    )


def status_router(board: StatusBoard, clients: ClientAuthenticator, get_reader: GetCaller) -> APIRouter:
    """Return `GET /v1/status` for technical clients, and for officers that *get_reader* lets pass."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/v1/status",
        summary="How the gateway stands, for technical clients and department administrators",
        response_model=None,
        responses={200: {"model": Status}, **problems(ProblemCode.ROLE_NOT_PERMITTED)},
    )
    async def status(request: Request) -> Response:
        client = await clients.authenticate(authorization_of(request), request_of(request))
        if client is None:
            await get_reader(request)
        return Response(orjson.dumps((await board.read()).model_dump()), media_type="application/json")

    return router


def endings_said(endings: Sequence[Ending], expiring: Expiring) -> list[EndingSoon]:
    """Return what ends of client software, its credentials and those of the old ways, soonest first."""
    said = [ending_said(one) for one in endings]
    said += [_compatible_said(one) for one in expiring.credentials]
    return sorted(said, key=lambda one: (one.ends_at, one.client_id))


def _compatible_said(credential: CompatibleCredential) -> EndingSoon:
    return EndingSoon(
        client_id=credential.client_id,
        what="compatible",
        credential_id=str(credential.credential_id),
        ends_at=rfc3339(credential.expires_at) if credential.expires_at else "",
    )


def ending_said(ending: Ending) -> EndingSoon:
    """Return what ends, and when."""
    credential = ending.credential
    return EndingSoon(
        client_id=ending.client_id,
        what=credential.kind.value if credential else "client",
        credential_id=str(credential.credential_id) if credential else None,
        ends_at=rfc3339(ending.ends_at),
    )
