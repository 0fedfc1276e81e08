"""The profile of the Đồng Tháp LGSP: a token call, then flat JSON; beside it Thanh Hóa's open gateway."""

from datetime import UTC, datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mock_c06.counter import Manners, promised_operation
from mock_c06.json_reading import DONG_THAP, THANH_HOA, Form, read_json_question
from mock_c06.office import Office
from mock_c06.question import Question
from mock_c06.reading import HOUSEHOLD, LOOKUP, VERIFICATION
from mock_c06.tokens import TokenBook
from mock_c06.voices import JsonVoice, unauthorized


class LgspJson:
    """Answers the token and operation calls of the profile `lgsp-json`."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._book = TokenBook(office.config.token_seconds, office.clock)
        voice, bad = JsonVoice(), HTTPStatus.BAD_REQUEST
        self._dong_thap = Manners(
            voice, self._admit, self._read_dong_thap, DONG_THAP.name, self._book.revoke, bad
        )
        self._thanh_hoa = Manners(
            voice, lambda _: None, self._read_thanh_hoa, THANH_HOA.name, bad_request=bad
        )

    def routes(self, prefix: str) -> list[Route]:
        """Return every path of the profile."""
        operations = [
            Route(f"{prefix}/{name}", self.answer, methods=["POST"])
            for name in (LOOKUP, VERIFICATION, HOUSEHOLD)
        ]
        return [
            Route(f"{prefix}/api/v1/Authentication/Token", self.give_token, methods=["POST"]),
            Route(f"{prefix}/apiCSDLDanCu/ChiaSeThongTinCongDan", self.share, methods=["POST"]),
            *operations,
        ]

    async def give_token(self, request: Request) -> Response:
        """Exchange the partner's `Auth` header for a bearer token."""
        if forced := await self._office.trouble.strike(request, self._dong_thap.voice.fault):
            return forced
        if self._office.config.is_strict and await request.body():
            return JSONResponse({"message": "the body must be empty"}, HTTPStatus.BAD_REQUEST)
        if request.headers.get("auth") != self._office.config.json_auth:
            return unauthorized("Auth is not the partner's")
        token, expiry = self._book.issue()
        self._office.journal.count_token()
        expires = datetime.fromtimestamp(expiry, UTC).isoformat()
        return JSONResponse({"token": token, "refreshToken": "not-used", "expiryDate": expires})

    async def answer(self, request: Request) -> Response:
        """Answer one operation as in Đồng Tháp."""
        return await self._office.counter.answer(request, self._dong_thap, promised_operation(request))

    async def share(self, request: Request) -> Response:
        """Answer 037 as in Thanh Hóa, to whoever reaches it."""
        return await self._office.counter.answer(request, self._thanh_hoa, LOOKUP)

    def _admit(self, request: Request) -> None:
        self._book.check(request.headers)

    def _read_dong_thap(self, request: Request, content: bytes, operation: str | None) -> Question:
        return self._read(request, content, operation, DONG_THAP)

    def _read_thanh_hoa(self, request: Request, content: bytes, operation: str | None) -> Question:
        return self._read(request, content, operation, THANH_HOA)

    def _read(self, request: Request, content: bytes, operation: str | None, form: Form) -> Question:
        dialects = self._office.config.dialects_of(form.name)
        kind = request.headers.get("content-type", "")
        is_strict = self._office.config.is_strict
        return read_json_question(content, kind, operation or "", form, dialects, is_strict=is_strict)
