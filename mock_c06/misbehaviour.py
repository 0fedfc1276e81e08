"""The answers of personas that go wrong on purpose, whatever name and birth date are asked with them."""

import asyncio
import html
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from http import HTTPStatus

from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from mock_c06.answers import render_fault
from mock_c06.citizen import BirthDate, Citizen
from mock_c06.personas import Behaviour
from mock_c06.population import citizen_for
from mock_c06.sample_person import SAMPLE_CITIZEN
from mock_c06.troubles import service_unavailable

MORE_THAN_A_MEBIBYTE = 1_200_000
TRICKLE_PIECES = 16

FAULTS: dict[Behaviour, tuple[HTTPStatus, str, str]] = {
    Behaviour.FAULT_200: (HTTPStatus.OK, "Server", "test fault"),
    Behaviour.FAULT_500: (HTTPStatus.INTERNAL_SERVER_ERROR, "Server", "test fault"),
    Behaviour.PROCEDURE_REFUSED: (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Client",
        "004: Thủ tục chưa được cấp phép khai thác CSDL dân cư",
    ),
    Behaviour.OFFICER_REFUSED: (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Client",
        "005: Tài khoản cán bộ không có quyền thao tác",
    ),
}


class HalfResponse(Response):
    """Promises a body, sends half of it, and stops: the server then drops the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half the body, and never the end."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


def xml(content: bytes, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return a SOAP answer."""
    return Response(content, status, media_type="text/xml")


def fault(status: HTTPStatus, code: str, text: str) -> Response:
    """Return a SOAP Fault."""
    return xml(render_fault(code, text), status)


def records_returned(behaviour: Behaviour, citizen: Citizen) -> list[Citizen] | None:
    """Return the records a persona gives in place of its own; None if it gives what was asked for."""
    give = RECORDS.get(behaviour)
    return give(citizen) if give else None


def broken_response(behaviour: Behaviour, citizen: Citizen, answer: bytes) -> Response | None:
    """Return what a broken persona makes of its rightful answer; None for one that leaves it well-formed."""
    if behaviour in FAULTS:
        return fault(*FAULTS[behaviour])
    give = BROKEN.get(behaviour)
    return give(answer, citizen) if give else None


def trickle(content: bytes, seconds: float) -> Response:
    """Return an answer whose pieces come so slowly that the whole takes about so many seconds."""

    async def pieces() -> AsyncIterator[bytes]:
        size = len(content) // TRICKLE_PIECES + 1
        for start in range(0, len(content), size):
            await asyncio.sleep(seconds / TRICKLE_PIECES)
            yield content[start : start + size]

    return StreamingResponse(pieces(), media_type="text/xml")


def _with_dtd(answer: bytes, citizen: Citizen) -> bytes:
    """Return the answer with a DTD: the name is an entity of its own, the residence file a local file."""
    dtd = (
        "<!DOCTYPE soapenv:Envelope [\n"
        f'<!ENTITY ten "{html.escape(citizen.full_name)}">\n'
        '<!ENTITY tep SYSTEM "file:///etc/hostname">\n]>\n'
    )
    text = answer.decode().replace("<soapenv:Envelope", f"{dtd}<soapenv:Envelope", 1)
    name, file_number = f">{citizen.full_name}<", f">{citizen.residence_file_number}<"
    return text.replace(name, ">&ten;<", 1).replace(file_number, ">&tep;<", 1).encode()


def _with_long_address(citizen: Citizen) -> Citizen:
    long_line = "MẪU " * (MORE_THAN_A_MEBIBYTE // len("MẪU ".encode()))
    place = replace(citizen.permanent_residence, address_line=long_line.strip())
    return replace(citizen, permanent_residence=place)


def _at_home_of_sample(citizen: Citizen) -> Citizen:
    return replace(citizen, permanent_residence=SAMPLE_CITIZEN.permanent_residence)


RECORDS: dict[Behaviour, Callable[[Citizen], list[Citizen]]] = {
    Behaviour.NOT_FOUND: lambda _: [],
    Behaviour.OTHER_NAME: lambda citizen: [replace(citizen, full_name="BÙI VĂN ĐÁP")],
    Behaviour.OTHER_BIRTH_DATE: lambda citizen: [replace(citizen, birth_date=BirthDate.on(1979, 12, 31))],
    Behaviour.OTHER_NUMBER: lambda citizen: [
        replace(citizen, citizen_id="099079000124", old_id_number="990000124")
    ],
    Behaviour.TWO_ADDRESSES: lambda citizen: [citizen, _at_home_of_sample(citizen)],
    Behaviour.TWO_PEOPLE: lambda citizen: [citizen, citizen_for("099082000125")],
    Behaviour.OVERSIZE: lambda citizen: [_with_long_address(citizen)],
}

# Each gets the rightful answer and the citizen in it.
BROKEN: dict[Behaviour, Callable[[bytes, Citizen], Response]] = {
    Behaviour.UNAVAILABLE: lambda *_: service_unavailable(),
    Behaviour.HALF_ANSWER: lambda answer, _: HalfResponse(answer, media_type="text/xml"),
    Behaviour.GARBAGE_TEXT: lambda *_: xml(b"ORA-01017: \xff\xfe not the XML you were looking for"),
    Behaviour.EMPTY_BODY: lambda *_: xml(b""),
    Behaviour.TRUNCATED_XML: lambda answer, _: xml(answer[: len(answer) // 2]),
    Behaviour.HTML_PAGE: lambda *_: HTMLResponse(
        "<!DOCTYPE html><html><body><h1>502 Bad Gateway<br></h1></body></html>"
    ),
    Behaviour.UNKNOWN_ROOT: lambda *_: xml(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<ThongBao xmlns="urn:khac">OK</ThongBao>\n'
    ),
    Behaviour.DTD: lambda answer, citizen: xml(_with_dtd(answer, citizen)),
}
