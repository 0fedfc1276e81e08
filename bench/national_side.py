"""The national side all contestants ask: nginx with one real-shaped answer, so that it is never the limit."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

import mock_c06.app
from bench.children import running
from bench.failure import BenchError
from mock_c06.config import LgspCredentials
from mock_c06.tokens import compose_partner_header

FIND_PATH: Final = "/TraCuuThongTinCongDan"
COUNT_PATH: Final = "/count"
TOKEN_PATH: Final = "/token"  # noqa: S105 - a path
_SAMPLES: Final = Path(__file__).parents[1] / "tests" / "mock_c06" / "samples" / "requests"
_QUESTION: Final = _SAMPLES / "hg-soap-TraCuuThongTinCongDan-037.xml"
_NUMBER: Final = "099190000017"
_LITERAL_LETTERS: Final = 1000  # nginx reads its configuration through a buffer of 4096 bytes
_ASKED: Final = f"""
    map $request_body $asked {{
        default {_NUMBER};
        "~SoDinhDanh>(?<number>[0-9]{{12}})<" $number;
    }}"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question about an invented person (037, SOAP) and the national side's whole answer."""

    question: bytes = field(repr=False)
    answer: bytes = field(repr=False)
    content_type: str


def real_exchange() -> Exchange:
    """Ask mock_c06 once, in this process, about the person of its sample answer (099190000017)."""
    return asyncio.run(_ask(_QUESTION.read_bytes()))


async def _ask(question: bytes) -> Exchange:
    partner = {"lgspaccesstoken": compose_partner_header(LgspCredentials())}
    transport = httpx.ASGITransport(mock_c06.app.create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://mock.test", headers=partner) as http:
        granted = await http.post(TOKEN_PATH, data={"grant_type": "client_credentials"})
        headers = {
            "Authorization": f"Bearer {granted.json()['access_token']}",
            "AuthHash": "a2V5bmFtZS10ZXN0OmtleXBhc3MtdGVzdA==",  # keyname-test:keypass-test
            "Content-Type": "application/xml",
        }
        found = await http.post(FIND_PATH, content=question, headers=headers)
    if not found.is_success or b"099190000017" not in found.content:
        raise BenchError("mock_c06 did not answer the sample question")
    return Exchange(question, found.content, found.headers["Content-Type"])


def mock_configuration(port: int, exchange: Exchange, folder: Path) -> str:
    """Return nginx's configuration for the national side: every question finds that person, by its number.

    nginx reads a question for `mirror`, which then goes nowhere. A POST is an error to `empty_gif`, which
    knows nothing to do with one; the page for that error is the answer, and can say what was read.
    """
    granted = '{"access_token":"bench","token_type":"Bearer","expires_in":86400}'
    return _configuration(
        port,
        folder,
        f"""
        location = {FIND_PATH} {{ mirror /nowhere; empty_gif; error_page 405 = @found; }}
        location = /nowhere {{ internal; return 204; }}
        location @found {{ {_answering(exchange.answer.decode(), exchange.content_type)} }}
        location = {TOKEN_PATH} {{ {_answering(granted, "application/json")} }}
        location = {COUNT_PATH} {{ stub_status; }}""",
        _ASKED,
    )


def questions_counted(mock_url: str) -> int:
    """Return how many requests nginx itself says it has answered as the national side."""
    lines = httpx.get(f"{mock_url}{COUNT_PATH}", trust_env=False).raise_for_status().text.splitlines()
    return int(lines[2].split()[2])  # "accepts handled requests", then the three numbers


@contextmanager
def running_nginx(
    program: str,
    folder: Path,
    configure: Callable[[Path], str],
    url: str,
    cores: frozenset[int] | None = None,
) -> Iterator[int]:
    """Run nginx in *folder*, which *configure* makes and returns the configuration for; yield its pid."""
    configuration = configure(folder)
    path = folder / "nginx.conf"
    path.write_text(configuration, encoding="utf-8")
    command = [program, "-e", "stderr", "-p", str(folder), "-c", str(path)]
    with running(folder.name, command, ready_url=f"{url}{TOKEN_PATH}", folder=folder, cores=cores) as pid:
        yield pid


def proxy_configuration(port: int, mock_port: int, connections: int, folder: Path) -> str:
    """Return nginx's configuration for the bare proxy: kept-alive connections on both sides."""
    return _configuration(
        port,
        folder,
        """
        location / {
            proxy_pass http://mock;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }""",
        f"""
    upstream mock {{
        server 127.0.0.1:{mock_port};
        keepalive {connections};
        keepalive_requests 1000000000;
    }}""",
    )


def _configuration(port: int, folder: Path, locations: str, beside: str = "") -> str:
    folder.mkdir()
    temporary = "\n".join(
        f"    {kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
{temporary}{beside}
    server {{
        listen 127.0.0.1:{port};{locations}
    }}
}}
"""


def _answering(text: str, content_type: str) -> str:
    """Return the directives that answer any method with *text*, in parts that nginx's parser can hold.

    The person's number is the one that was asked for, wherever it stands.
    """
    settings, pieces = list[str](), list[str]()
    for piece in text.split(_NUMBER):
        first = len(settings)
        for start in range(0, len(piece), _LITERAL_LETTERS):
            part = _literal(piece[start : start + _LITERAL_LETTERS])
            settings.append(f"set $part{len(settings)} {part}; ")
        pieces.append("".join(f"$part{number}" for number in range(first, len(settings))))
    answer = "$asked".join(pieces)
    return f"default_type {_literal(content_type)}; {''.join(settings)}return 200 {answer};"


def _literal(text: str) -> str:
    """Quote *text* for nginx; BenchError where its configuration language cannot say it."""
    if "$" in text:
        raise BenchError("the national side's answer holds a $, which nginx would take for a variable")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
