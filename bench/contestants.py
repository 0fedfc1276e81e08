"""Who is measured: the lookup and its siblings, and what they are held against, before one national side."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from app.database.address import sqlalchemy_address
from bench import desk, old_software, verification
from bench.children import HOST, free_port, running
from bench.desk import Desk, open_desk
from bench.failure import BenchError
from bench.national_side import (
    FIND_PATH,
    Exchange,
    mock_configuration,
    proxy_configuration,
    real_exchange,
    running_nginx,
)
from bench.on_record import Asked
from bench.processor import Pinning
from bench.programs import Programs
from bench.signing_key import SigningKey

LOOKUP: Final = "lookup"
VERIFICATION: Final = "verification"
COMPATIBLE: Final = "compatible face (SOAP)"
YARDSTICK: Final = "pass-through (FastAPI + aiohttp)"
STARLETTE: Final = "pass-through (Starlette + aiohttp)"
NGINX: Final = "nginx proxy"
STRAIGHTFORWARD: Final = "straightforward build"
SHORT: Final[Mapping[str, str]] = {
    "lookup": LOOKUP,
    "verification": VERIFICATION,
    "compatible": COMPATIBLE,
    "pass-through": YARDSTICK,
    "starlette": STARLETTE,
    "nginx": NGINX,
    "straightforward": STRAIGHTFORWARD,
}
"""What the command line calls them, in the order of the table."""
OURS: Final[Mapping[str, Asked]] = {
    LOOKUP: Asked.LOOKUP,
    VERIFICATION: Asked.VERIFICATION,
    COMPATIBLE: Asked.OLD_CALL,
}
"""The gateway's own, and how its record knows them."""
_PROGRAM_OF: Final = {YARDSTICK: "pass_through.py", STARLETTE: "bare_starlette.py"}
_EVERY_LOOKUP_HOLDS: Final = '"outcome":"found"'
_EVERY_RECORD_HOLDS: Final = "099190000017"
_JSON: Final = "application/json"
_XML: Final = "application/xml"


@dataclass(frozen=True, slots=True)
class Questions:
    """A body, in which a run of # is another number each time, and each caller's headers."""

    body: bytes = field(repr=False)
    callers: Sequence[Mapping[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contestant:
    """What to post where, which process to account, and how to know a right answer.

    `ask` is called before each load: proofs may be short-lived.
    """

    name: str
    url: str
    pid: int
    ask: Callable[[], Questions] = field(repr=False)
    expected: str
    check: Callable[[httpx.Response], None]
    postgres_pid: int | None = None

    def check_once(self) -> None:
        """Ask one question and look at the whole answer; BenchError where it is wrong."""
        asked = self.ask()
        body, headers = asked.body.replace(b"#", b"0"), dict(asked.callers[0])
        self.check(httpx.post(self.url, content=body, headers=headers, timeout=30, trust_env=False))


@dataclass(frozen=True, slots=True)
class Field:
    """The contestants, the desk whose evidence is counted, and the national side they all ask."""

    contestants: tuple[Contestant, ...]
    desk: Desk
    mock_url: str


@dataclass(frozen=True, slots=True)
class _Ground:
    """What contestants are made from."""

    folder: Path
    programs: Programs
    pinning: Pinning
    exchange: Exchange
    mock_url: str
    desk: Desk
    connections: int
    officers: int


@contextmanager
def open_field(
    folder: Path,
    programs: Programs,
    pinning: Pinning,
    names: Sequence[str],
    *,
    connections: int,
    officers: int,
) -> Iterator[Field]:
    """Start the national side and the contestants of these *names*, and end them afterwards."""
    exchange, port = real_exchange(), free_port()
    mock_url = f"http://{HOST}:{port}"
    further = old_software.SETTINGS if COMPATIBLE in names else {}
    configure = partial(mock_configuration, port, exchange)
    with ExitStack() as stack:
        stack.enter_context(running_nginx(programs.nginx, folder / "mock", configure, mock_url))
        opened = stack.enter_context(open_desk(folder, mock_url, officers, pinning, further))
        ground = _Ground(folder, programs, pinning, exchange, mock_url, opened, connections, officers)
        contestants = [stack.enter_context(_contestant(name, ground)) for name in names]
        yield Field(tuple(contestants), opened, mock_url)


def _contestant(name: str, ground: _Ground) -> AbstractContextManager[Contestant]:
    if name in _PROGRAM_OF:
        return _pass_through(name, ground)
    makers = {NGINX: _proxy, STRAIGHTFORWARD: _straightforward}
    makers |= {LOOKUP: _lookup, VERIFICATION: _verification, COMPATIBLE: _compatible}
    return makers[name](ground)


@contextmanager
def _lookup(ground: _Ground) -> Iterator[Contestant]:
    callers = _bearers(ground.desk.tokens)
    yield Contestant(
        LOOKUP,
        ground.desk.url,
        ground.desk.gateway_pid,
        lambda: Questions(desk.question(), callers),
        _EVERY_LOOKUP_HOLDS,
        desk.check_lookup,
        ground.desk.postgres_pid,
    )


@contextmanager
def _verification(ground: _Ground) -> Iterator[Contestant]:
    callers = _bearers(ground.desk.tokens)
    yield Contestant(
        VERIFICATION,
        f"{ground.desk.base_url}{verification.PATH}",
        ground.desk.gateway_pid,
        lambda: Questions(verification.question(), callers),
        verification.EVERY_ANSWER_HOLDS,
        verification.check,
        ground.desk.postgres_pid,
    )


@contextmanager
def _compatible(ground: _Ground) -> Iterator[Contestant]:
    software = old_software.set_up(ground.desk, ground.exchange)
    yield Contestant(
        COMPATIBLE,
        f"{ground.desk.base_url}{old_software.PATH}",
        ground.desk.gateway_pid,
        lambda: Questions(software.question(), software.callers()),
        old_software.EVERY_ANSWER_HOLDS,
        old_software.check,
        ground.desk.postgres_pid,
    )


@contextmanager
def _pass_through(name: str, ground: _Ground) -> Iterator[Contestant]:
    port = free_port()
    url = f"http://{HOST}:{port}"
    program = Path(__file__).with_name(_PROGRAM_OF[name])
    command = [sys.executable, str(program), str(port), f"{ground.mock_url}{FIND_PATH}"]
    cores = ground.pinning.measured
    with running(program.stem, command, ready_url=f"{url}/", folder=ground.folder, cores=cores) as pid:
        yield _forwarding(name, url, pid, ground.exchange)


@contextmanager
def _proxy(ground: _Ground) -> Iterator[Contestant]:
    port, mock_port = free_port(), httpx.URL(ground.mock_url).port or 80
    url = f"http://{HOST}:{port}"
    configure = partial(proxy_configuration, port, mock_port, ground.connections)
    with running_nginx(
        ground.programs.nginx, ground.folder / "proxy", configure, url, ground.pinning.measured
    ) as pid:
        yield _forwarding(NGINX, url, pid, ground.exchange)


@contextmanager
def _straightforward(ground: _Ground) -> Iterator[Contestant]:
    port, key = free_port(), SigningKey.generate()
    url = f"http://{HOST}:{port}"
    program = Path(__file__).with_name("straightforward.py")
    database_url = sqlalchemy_address(ground.desk.another_database("straightforward"))
    callers = _bearers(tuple(key.tokens(ground.officers)))
    with running(
        program.stem,
        [sys.executable, str(program), str(port), f"{ground.mock_url}{FIND_PATH}"],
        ready_url=f"{url}/",
        folder=ground.folder,
        environment={"DATABASE_URL": database_url, "PUBLIC_KEY": key.public},
        cores=ground.pinning.measured,
    ) as pid:
        yield Contestant(
            STRAIGHTFORWARD,
            f"{url}/lookups",
            pid,
            lambda: Questions(desk.question(), callers),
            _EVERY_LOOKUP_HOLDS,
            desk.check_lookup,
            ground.desk.postgres_pid,
        )


def _forwarding(name: str, url: str, pid: int, exchange: Exchange) -> Contestant:
    def check(answer: httpx.Response) -> None:
        if not answer.is_success or answer.content != exchange.answer:
            raise BenchError(f"{name} did not hand the national side's answer on")

    asked = Questions(exchange.question, ({"Content-Type": _XML},))
    return Contestant(name, f"{url}{FIND_PATH}", pid, lambda: asked, _EVERY_RECORD_HOLDS, check)


def _bearers(tokens: Sequence[str]) -> tuple[Mapping[str, str], ...]:
    return tuple({"Authorization": f"Bearer {token}", "Content-Type": _JSON} for token in tokens)
