"""Who is measured: the lookup, the bare pass-through and the bare nginx, all before one national side."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from app.database.address import sqlalchemy_address
from bench import desk
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
from bench.processor import Pinning
from bench.programs import Programs
from bench.signing_key import SigningKey

LOOKUP: Final = "lookup"
YARDSTICK: Final = "pass-through (FastAPI + aiohttp)"
STARLETTE: Final = "pass-through (Starlette + aiohttp)"
STRAIGHTFORWARD: Final = "straightforward build"
NGINX: Final = "nginx proxy"
_PROGRAM_OF: Final = {YARDSTICK: "pass_through.py", STARLETTE: "bare_starlette.py"}
_EVERY_LOOKUP_HOLDS: Final = '"outcome":"found"'
_EVERY_RECORD_HOLDS: Final = "099190000017"


@dataclass(frozen=True, slots=True)
class Contestant:
    """What to post where, which process to account, and how to know a right answer."""

    name: str
    url: str
    pid: int
    body: bytes = field(repr=False)
    content_type: str
    expected: str
    check: Callable[[httpx.Response], None]
    tokens: tuple[str, ...] = field(default=(), repr=False)
    postgres_pid: int | None = None

    def check_once(self) -> None:
        """Ask one question and look at the whole answer; BenchError where it is wrong."""
        headers = {"Content-Type": self.content_type}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens[0]}"
        self.check(httpx.post(self.url, content=self.body, headers=headers, timeout=30, trust_env=False))


@dataclass(frozen=True, slots=True)
class Field:
    """The contestants, the desk whose evidence is counted, and the national side they all ask."""

    contestants: tuple[Contestant, ...]
    desk: Desk
    mock_url: str


@contextmanager
def open_field(
    folder: Path, programs: Programs, pinning: Pinning, *, connections: int, officers: int
) -> Iterator[Field]:
    """Start the national side and all contestants, and end them afterwards."""
    exchange = real_exchange()
    mock_port, proxy_port = free_port(), free_port()
    mock_url = f"http://{HOST}:{mock_port}"
    with (
        running_nginx(
            programs.nginx, folder / "mock", partial(mock_configuration, mock_port, exchange), mock_url
        ),
        open_desk(folder, mock_url, officers, pinning) as opened,
        _pass_through(YARDSTICK, folder, mock_url, exchange, pinning) as bare,
        _pass_through(STARLETTE, folder, mock_url, exchange, pinning) as starlette,
        _straightforward(folder, mock_url, opened, pinning, officers=officers) as straightforward,
        running_nginx(
            programs.nginx,
            folder / "proxy",
            partial(proxy_configuration, proxy_port, mock_port, connections),
            f"http://{HOST}:{proxy_port}",
            pinning.measured,
        ) as proxy_pid,
    ):
        proxy = _forwarding(NGINX, f"http://{HOST}:{proxy_port}", proxy_pid, exchange)
        yield Field((_lookup(opened), bare, starlette, proxy, straightforward), opened, mock_url)


@contextmanager
def _pass_through(
    name: str, folder: Path, mock_url: str, exchange: Exchange, pinning: Pinning
) -> Iterator[Contestant]:
    port = free_port()
    url = f"http://{HOST}:{port}"
    program = Path(__file__).with_name(_PROGRAM_OF[name])
    command = [sys.executable, str(program), str(port), f"{mock_url}{FIND_PATH}"]
    with running(program.stem, command, ready_url=f"{url}/", folder=folder, cores=pinning.measured) as pid:
        yield _forwarding(name, url, pid, exchange)


@contextmanager
def _straightforward(
    folder: Path, mock_url: str, opened: Desk, pinning: Pinning, *, officers: int
) -> Iterator[Contestant]:
    port, key = free_port(), SigningKey.generate()
    url = f"http://{HOST}:{port}"
    program = Path(__file__).with_name("straightforward.py")
    command = [sys.executable, str(program), str(port), f"{mock_url}{FIND_PATH}"]
    database_url = sqlalchemy_address(opened.another_database("straightforward"))
    with running(
        program.stem,
        command,
        ready_url=f"{url}/",
        folder=folder,
        environment={"DATABASE_URL": database_url, "PUBLIC_KEY": key.public},
        cores=pinning.measured,
    ) as pid:
        yield Contestant(
            name=STRAIGHTFORWARD,
            url=f"{url}/lookups",
            pid=pid,
            body=desk.question(),
            content_type="application/json",
            expected=_EVERY_LOOKUP_HOLDS,
            check=desk.check_lookup,
            tokens=tuple(key.tokens(officers)),
            postgres_pid=opened.postgres_pid,
        )


def _lookup(opened: Desk) -> Contestant:
    return Contestant(
        name=LOOKUP,
        url=opened.url,
        pid=opened.gateway_pid,
        body=desk.question(),
        content_type="application/json",
        expected=_EVERY_LOOKUP_HOLDS,
        check=desk.check_lookup,
        tokens=opened.tokens,
        postgres_pid=opened.postgres_pid,
    )


def _forwarding(name: str, url: str, pid: int, exchange: Exchange) -> Contestant:
    def check(answer: httpx.Response) -> None:
        if not answer.is_success or answer.content != exchange.answer:
            raise BenchError(f"{name} did not hand the national side's answer on")

    return Contestant(
        name=name,
        url=f"{url}{FIND_PATH}",
        pid=pid,
        body=exchange.question,
        content_type="application/xml",
        expected=_EVERY_RECORD_HOLDS,
        check=check,
    )
