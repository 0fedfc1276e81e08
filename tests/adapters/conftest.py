"""An LGSP of respx routes or sockets, a clock that can be turned, and builders for what tests ask and get."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import respx
import uvloop

from adapters.choose import open_source
from adapters.connection import Answer, Connection, Trust
from adapters.httpx_connection import HttpxConnection
from adapters.kept_connection import KeptConnection
from app.lookup.source import PopulationSource, SourceRequest
from app.lookup.values import BirthDate, CitizenId, FullName, Question
from app.settings import UpstreamSettings
from tests.adapters.stand_in import settings_of

SAMPLES = Path(__file__).parent / "samples"
BASE_URL = "https://lgsp.example.invalid/adapter"

_ON_BOTH_LOOPS = {"test_wire.py", "test_kept_connection.py", "test_lgsp_sockets.py", "test_lgsp_tls.py"}

Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class TurnableClock:
    """A clock that stands still until a test turns it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Lgsp:
    """The other side: its routes, and an httpx transport that leads to them."""

    router: respx.Router = field(
        default_factory=lambda: respx.Router(base_url=BASE_URL, assert_all_called=False)
    )

    def __post_init__(self) -> None:
        self.token = self.router.post("/token").respond(json={"access_token": "good-token"})
        self.find = self.router.post("/TraCuuThongTinCongDan")
        self.confirm = self.router.post("/XacThucThongTinCongDan")

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        return httpx.MockTransport(self.router.async_handler)


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run the tests of connections under the event loop that serves, too."""
    if item.path.name in _ON_BOTH_LOOPS:
        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop}


@pytest.fixture
def sample() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / name).read_bytes()


@pytest.fixture
def clock() -> TurnableClock:
    return TurnableClock()


@pytest.fixture
def lgsp() -> Lgsp:
    return Lgsp()


@pytest.fixture
def settings() -> UpstreamSettings:
    return settings_of("lgsp-soap", BASE_URL)


@pytest.fixture
async def source(
    settings: UpstreamSettings, clock: TurnableClock, lgsp: Lgsp
) -> AsyncIterator[PopulationSource]:
    async with open_source(settings, clock, transport=lgsp.transport) as opened:
        yield opened


@pytest.fixture
def a_question() -> Callable[..., Question]:
    def build(
        id_number: CitizenId = CitizenId("099190000017"),  # noqa: B008 - frozen
        full_name: str = "Trần Văn Thử",
        birth_date: BirthDate = BirthDate(1990, 5, 9),  # noqa: B008 - frozen
    ) -> Question:
        return Question(id_number, FullName(full_name), birth_date)

    return build


@pytest.fixture
def a_request(a_question: Callable[..., Question]) -> Callable[..., SourceRequest]:
    def build(
        *,
        request_id: str = "1682470000000",
        service_code: str = "1.000001",
        officer_code: str = "canbo.test.c06",
        budget_seconds: float = 5.0,
        **about: object,
    ) -> SourceRequest:
        return SourceRequest(
            request_id=request_id,
            officer_code=officer_code,
            service_code=service_code,
            question=a_question(**about),
            budget_seconds=budget_seconds,
        )

    return build


@pytest.fixture
def an_answer() -> Callable[..., Answer]:
    def build(body: bytes | str, status: int = 200) -> Answer:
        return Answer(status, "text/xml", body.encode() if isinstance(body, str) else body)

    return build


@pytest.fixture
def a_record() -> Callable[[str], str]:
    """Return a 037 answer with one record of these elements, in the default namespace."""

    def build(elements: str) -> str:
        return (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
            '<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0">'
            f"<CongDan>{elements}</CongDan></CongdanCollection></e:Body></e:Envelope>"
        )

    return build


@pytest.fixture(params=[HttpxConnection, KeptConnection])
async def a_connection(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Connection]]:
    """Return a builder of connections over real sockets: each rule holds for both ways."""
    async with AsyncExitStack() as opened:

        def build(
            base_url: str,
            *,
            connect_seconds: float = 2.0,
            max_connections: int = 4,
            max_answer_bytes: int = 1000,
            ca_bundle: Path | None = None,
        ) -> Connection:
            connection: Connection = request.param(
                base_url,
                connect_seconds=connect_seconds,
                max_connections=max_connections,
                max_answer_bytes=max_answer_bytes,
                trust=Trust(ca_bundle),
            )
            opened.push_async_callback(connection.aclose)
            return connection

        yield build


@pytest.fixture
def a_server() -> Callable[..., AbstractAsyncContextManager[str]]:
    """Return a builder of servers on this machine that give each question to a handler."""

    @asynccontextmanager
    async def run(handle: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while request := await reader.readuntil(b"question"):
                    await handle(request, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        async with server:
            scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
            yield f"{scheme}://{host}:{server.sockets[0].getsockname()[1]}"

    return run
