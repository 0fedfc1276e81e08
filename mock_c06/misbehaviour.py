"""The answers of personas that go wrong on purpose, whatever name and birth date are asked with them."""

import asyncio
import html
import socket
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from http import HTTPStatus

from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from mock_c06.citizen import BirthDate, Citizen
from mock_c06.permissions import PermissionDesk, QuotaAnswer
from mock_c06.personas import Behaviour
from mock_c06.population import citizen_for
from mock_c06.question import Question
from mock_c06.sample_person import SAMPLE_CITIZEN
from mock_c06.troubles import service_unavailable
from mock_c06.voices import Voice, answer_xml

SKEWED_SECONDS = 900.0
MORE_THAN_A_MEBIBYTE = 1_200_000
TRICKLE_PIECES = 16
_NO_LINGER = struct.pack("ii", 1, 0)

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


class ResetResponse(Response):
    """Resets the connection instead of answering; without a connection (in process) it hangs up too."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Throw away the connection under the call."""
        del scope, send
        # The server's own object behind `receive`: ASGI has no word for the connection itself.
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            raise ConnectionResetError("there is no connection to reset")
        # Linger for no time: the other side gets a reset, not an orderly end.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def records_returned(behaviour: Behaviour, citizen: Citizen) -> list[Citizen] | None:
    """Return the records a persona gives in place of its own; None if it gives what was asked for."""
    give = RECORDS.get(behaviour)
    return give(citizen) if give else None


def broken_response(
    behaviour: Behaviour, citizen: Citizen, question: Question, voice: Voice
) -> Response | None:
    """Return what a broken persona makes of its rightful answer; None for one that leaves it well-formed."""
    if behaviour in FAULTS:
        return voice.fault(*FAULTS[behaviour])
    if behaviour is Behaviour.DTD:
        with_dtd = _with_dtd(answer_xml(question, [citizen]), citizen)
        return Response(voice.wrap(with_dtd), media_type=voice.media_type)
    if behaviour is Behaviour.UNKNOWN_ROOT:
        return Response(voice.nonsense, media_type=voice.media_type)
    give = BROKEN.get(behaviour)
    return give(voice.answer(question, [citizen]), voice.media_type) if give else None


def too_often(voice: Voice, permissions: PermissionDesk) -> Response:
    """Return what somebody gets whose quota is used up; which answer the real side gives is unknown."""
    if permissions.permissions.quota_answer is QuotaAnswer.FAULT:
        return voice.fault(
            HTTPStatus.INTERNAL_SERVER_ERROR, "Client", "vượt quá hạn mức khai thác trong ngày"
        )
    return JSONResponse(
        {"code": "429", "message": "Too Many Requests"},
        HTTPStatus.TOO_MANY_REQUESTS,
        {"Retry-After": str(permissions.seconds_to_midnight())},
    )


def trickle(content: bytes, seconds: float, media_type: str) -> Response:
    """Return an answer whose pieces come so slowly that the whole takes about so many seconds."""

    async def pieces() -> AsyncIterator[bytes]:
        size = len(content) // TRICKLE_PIECES + 1
        for start in range(0, len(content), size):
            await asyncio.sleep(seconds / TRICKLE_PIECES)
            yield content[start : start + size]

    return StreamingResponse(pieces(), media_type=media_type)


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

# Each gets the rightful answer and its media type.
BROKEN: dict[Behaviour, Callable[[bytes, str], Response]] = {
    Behaviour.UNAVAILABLE: lambda *_: service_unavailable(),
    Behaviour.HALF_ANSWER: lambda answer, kind: HalfResponse(answer, media_type=kind),
    Behaviour.RESET: lambda *_: ResetResponse(),
    Behaviour.CERTIFICATE_EXPIRED: lambda *_: ResetResponse(),
    Behaviour.GARBAGE_TEXT: lambda _, kind: Response(
        b"ORA-01017: \xff\xfe not the XML you were looking for", media_type=kind
    ),
    Behaviour.EMPTY_BODY: lambda _, kind: Response(b"", media_type=kind),
    Behaviour.TRUNCATED_XML: lambda answer, kind: Response(answer[: len(answer) // 2], media_type=kind),
    Behaviour.HTML_PAGE: lambda *_: HTMLResponse(
        "<!DOCTYPE html><html><body><h1>502 Bad Gateway<br></h1></body></html>"
    ),
    Behaviour.WRONG_ENCODING: lambda answer, kind: Response(
        answer.decode().encode("cp1258", "replace"), media_type=kind
    ),
}
