"""In what form a profile answers: SOAP as it is, or JSON that carries it in a text."""

import json
from http import HTTPStatus
from typing import Protocol

from starlette.responses import JSONResponse, Response

from mock_c06.answers import render_count, render_exists, render_fault, render_household, render_records
from mock_c06.citizen import Citizen
from mock_c06.question import AnswerShape, Question


class Voice(Protocol):
    """What all forms can say."""

    media_type: str
    nonsense: bytes

    def answer(self, question: Question, citizens: list[Citizen]) -> bytes:
        """Return the answer that names these citizens, or says whether there are any."""
        ...

    def wrap(self, xml: bytes) -> bytes:
        """Return an answer of the form around this XML."""
        ...

    def fault(self, status: HTTPStatus, code: str, text: str) -> Response:
        """Return a failure; the code is Client or Server."""
        ...

    def unauthorized(self, reason: str) -> Response:
        """Return what a call without valid credentials gets."""
        ...


class SoapVoice:
    """Answers in SOAP; `is_live`: the 033 letter's too with the prefixes of the 037 service."""

    media_type = "text/xml"
    nonsense = b'<?xml version="1.0" encoding="UTF-8"?>\n<ThongBao xmlns="urn:khac">OK</ThongBao>\n'

    def __init__(self, *, is_live: bool = False) -> None:
        self._is_live = is_live

    def answer(self, question: Question, citizens: list[Citizen]) -> bytes:
        """Return the SOAP answer."""
        if question.shape is AnswerShape.EXISTS:
            return render_exists(bool(citizens), is_live=self._is_live)
        return answer_xml(question, citizens)

    def wrap(self, xml: bytes) -> bytes:
        """Return the XML as it is."""
        return xml

    def fault(self, status: HTTPStatus, code: str, text: str) -> Response:
        """Return a SOAP Fault."""
        return Response(render_fault(code, text), status, media_type=self.media_type)

    def unauthorized(self, reason: str) -> Response:
        """Return 401 and JSON, as platforms before the service do."""
        return unauthorized(reason)


class JsonVoice:
    """Answers yes or no under `data`, and everything else as SOAP in the text `message`."""

    media_type = "application/json"
    nonsense = b'{"thongBao":"OK"}'

    def answer(self, question: Question, citizens: list[Citizen]) -> bytes:
        """Return the JSON answer."""
        if question.shape in {AnswerShape.COUNT, AnswerShape.EXISTS}:
            return json.dumps({"data": bool(citizens)}, separators=(",", ":")).encode()
        return self.wrap(answer_xml(question, citizens))

    def wrap(self, xml: bytes) -> bytes:
        """Return the XML in the wrapper; its code is 0 whatever the XML says: no client reads it."""
        return json.dumps({"error_code": "0", "message": xml.decode()}, ensure_ascii=False).encode()

    def fault(self, status: HTTPStatus, code: str, text: str) -> Response:
        """Return a SOAP Fault in the wrapper."""
        return Response(self.wrap(render_fault(code, text)), status, media_type=self.media_type)

    def unauthorized(self, reason: str) -> Response:
        """Return 401 and JSON."""
        return unauthorized(reason)


def answer_xml(question: Question, citizens: list[Citizen]) -> bytes:
    """Return the answer to a question as SOAP."""
    match question.shape:
        case AnswerShape.RECORDS:
            return render_records(citizens, question.prefix)
        case AnswerShape.HOUSEHOLD:
            return render_household(citizens, question.prefix)
        case AnswerShape.COUNT:
            return render_count(len(citizens))
        case AnswerShape.EXISTS:
            return render_exists(bool(citizens))


def unauthorized(reason: str) -> Response:
    """Return 401 with the reason, which never repeats what was sent."""
    return JSONResponse({"error": "invalid_token", "error_description": reason}, HTTPStatus.UNAUTHORIZED)
