"""Desk software that keeps asking until the line goes dead, and keeps every byte it was sent."""

import asyncio
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from typing import Any, Final
from uuid import UUID

import httpx

from app.cli import invented
from mock_c06.personas import CATALOGUE, Behaviour, Persona
from tests.crash.child import CITIZEN_MARK
from tests.gateway import bearer
from tests.world import a_dossier_code, a_lookup

_ANSWER_SECONDS: Final = 30
_AGAIN_SECONDS: Final = 0.5
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: ([0-9]+)", re.IGNORECASE)
_LOOKUP_ID: Final = re.compile(rb"\r\nx-lookup-id: ([0-9a-f-]{36})", re.IGNORECASE)
_FOUND: Final = [persona for persona in CATALOGUE if persona.behaviour is Behaviour.FOUND]
_OTHERS: Final = [
    persona
    for persona in CATALOGUE
    if persona.behaviour in {Behaviour.NOT_FOUND, Behaviour.OTHER_NAME, Behaviour.UNAVAILABLE}
]
_SLOW: Final = next(persona for persona in CATALOGUE if persona.behaviour is Behaviour.SLOW)
_SHARE_OF_FOUND: Final = 0.8


@dataclass(frozen=True, slots=True)
class Request:
    """One lookup as it goes over the wire; its dossier code is nobody else's."""

    dossier_code: str
    content: bytes = field(repr=False)


@dataclass(slots=True)
class Receipt:
    """What came back for one request, whole or not."""

    request: Request
    raw: bytes = field(default=b"", repr=False)

    @property
    def status(self) -> int | None:
        """The status, None where not even the head came."""
        return int(self.raw[9:12]) if _HEAD_END in self.raw else None

    @property
    def lookup_id(self) -> UUID | None:
        """The lookup the head names."""
        named = _LOOKUP_ID.search(self.raw)
        return UUID(named[1].decode()) if named else None

    @property
    def body(self) -> bytes:
        """As much of the body as came."""
        return self.raw.partition(_HEAD_END)[2]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        head, end, body = self.raw.partition(_HEAD_END)
        length = _LENGTH.search(head)
        return bool(end) and len(body) == (int(length[1]) if length else 0)

    @property
    def has_citizen(self) -> bool:
        """Whether any byte of a citizen's data came."""
        return CITIZEN_MARK in self.body and not self.body.endswith(CITIZEN_MARK)

    @property
    def fields_shown(self) -> frozenset[str]:
        """The fields of a citizen that came whole; nothing for others."""
        citizen = json.loads(self.body)["citizen"] if self.is_whole and self.has_citizen else None
        return frozenset(name for name, value in (citizen or {}).items() if value is not None)


class Desk:
    """Makes requests that differ, in the name of one officer."""

    def __init__(self, token: str, chance: random.Random) -> None:
        self._token = token
        self._chance = chance
        self._numbers = count(1)

    def any_request(self) -> Request:
        """Return a request about somebody, mostly somebody to be found."""
        people = _FOUND if self._chance.random() < _SHARE_OF_FOUND else _OTHERS
        return self._request(self._chance.choice(people))

    def slow_request(self) -> Request:
        """Return a request whose answer takes the national side almost the whole budget."""
        return self._request(_SLOW)

    def _request(self, persona: Persona) -> Request:
        dossier_code = a_dossier_code(running_number=next(self._numbers))
        person = {
            "id_number": persona.citizen_id,
            "full_name": persona.full_name,
            "birth_date": str(persona.birth_date),
        }
        return Request(dossier_code, self._content(a_lookup(citizen=person, dossier_code=dossier_code)))

    def _content(self, body: dict[str, Any]) -> bytes:
        content = json.dumps(body, ensure_ascii=False).encode()
        head = (
            "POST /v1/residence-lookups HTTP/1.1\r\nHost: gateway.test\r\n"
            f"Authorization: Bearer {self._token}\r\nIdempotency-Key: key-of-{body['dossier_code']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


async def ask(port: int, requests: Iterator[Request]) -> list[Receipt]:
    """Ask one after the other on one connection, until it is lost; return every receipt."""
    receipts = list[Receipt]()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return receipts
    try:
        for request in requests:
            receipts.append(Receipt(request))
            writer.write(request.content)
            await writer.drain()
            async with asyncio.timeout(_ANSWER_SECONDS):
                await _receive(reader, receipts[-1])
            if not receipts[-1].is_whole:
                break
    except OSError:  # reset by the kill
        pass
    finally:
        writer.close()
    return receipts


async def _receive(reader: asyncio.StreamReader, receipt: Receipt) -> None:
    while not receipt.is_whole and (piece := await reader.read(65536)):
        receipt.raw += piece


async def sign_in(port: int, province: invented.InventedProvince) -> str:
    """Return an access token of an officer who has accepted today's notice."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as http:
        answer = await _post(
            http,
            "/v1/auth/token",
            data={
                "grant_type": "password",
                "username": invented.RECEPTION,
                "password": province.passwords[invented.RECEPTION],
            },
            auth=(invented.CLIENT_ID, province.client_secret),
        )
        token = str(answer.raise_for_status().json()["access_token"])
        notice = await _post(
            http, "/v1/me/confidentiality-notice", json={"version": "2026-1"}, headers=bearer(token)
        )
        notice.raise_for_status()
    return token


async def _post(http: httpx.AsyncClient, path: str, **content: Any) -> httpx.Response:
    """Post again while the evidence cannot be written in time, as on a machine that others keep busy."""
    async with asyncio.timeout(_ANSWER_SECONDS):
        while True:
            answer = await http.post(path, **content)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                return answer
            await asyncio.sleep(_AGAIN_SECONDS)
