"""Citizens' requests over HTTP: registered, reported on, answered; for the department and auditors."""

from datetime import date
from typing import Annotated, Final, NoReturn
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.reasons import parse_reason
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.store import Accounts
from app.auditing.subject_answer import SubjectReportAnswer
from app.auditing.subject_book import NewRequest, SubjectBook
from app.auditing.subject_desk import SubjectReportDesk
from app.auditing.subject_schemas import (
    SubjectAcknowledgement,
    SubjectAnswer,
    SubjectExtension,
    SubjectListQuery,
    SubjectReportRequest,
    SubjectRequestPage,
    SubjectRequestSaid,
    request_said,
)
from app.auditing.subject_store import Place
from app.auditing.subject_values import IdentityCheck, Requester, SubjectRequest
from app.clock import Clock, local_day
from app.database.live import LiveView
from app.errors import GatewayError, InvalidRequestError, ProblemCode
from app.lookup.parsing import parse_id_number
from app.web.bodies import read_json
from app.web.cursors import cursor_of, place_in
from app.web.openapi import body_of, problems
from app.web.queries import read_query

_PATH: Final = "/v1/transparency/subject-reports"
_MAX_BODY_BYTES: Final = 8 * 1024
_ANY: Final = (
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.INVALID_VALUE,
    ProblemCode.AUDITING_NOT_SERVED,
    ProblemCode.AUDIT_UNAVAILABLE,
)
_ON_ONE: Final = (*_ANY, ProblemCode.SUBJECT_REQUEST_UNKNOWN, ProblemCode.SUBJECT_REQUEST_ENDED)


class SubjectFront:
    """What the routes speak to; without desk they say that audits are not read here."""

    def __init__(
        self,
        book: SubjectBook,
        desk: SubjectReportDesk | None,
        accounts: LiveView[Accounts],
        rejections: Rejections,
        clock: Clock,
        *,
        most_numbers: int,
    ) -> None:
        """Take at most *most_numbers* of one citizen."""
        self.rejections = rejections
        self._book = book
        self._desk = desk
        self._accounts = accounts
        self._clock = clock
        self._most_numbers = most_numbers

    @property
    def book(self) -> SubjectBook:
        """The book; GatewayError(AUDITING_NOT_SERVED)."""
        return self._book if self._desk is not None else self._nowhere()

    @property
    def desk(self) -> SubjectReportDesk:
        """The desk; GatewayError(AUDITING_NOT_SERVED)."""
        return self._desk or self._nowhere()

    def new_request(self, body: SubjectReportRequest) -> NewRequest:
        """Return what a body says; InvalidRequestError."""
        numbers = tuple(
            parse_id_number(text, f"/id_numbers/{index}").digits for index, text in enumerate(body.id_numbers)
        )
        if len(set(numbers)) != len(numbers) or len(numbers) > self._most_numbers:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/id_numbers",))
        if body.requester is Requester.CITIZEN and body.identity_check is IdentityCheck.AUTHORISATION:
            # Whom a citizen authorised is a representative: the book would say that the citizen came.
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/identity_check",))
        reference = words_of(body.identity_reference, "/identity_reference")
        return NewRequest(numbers, body.requester, body.identity_check, reference, body.received_on)

    def said(self, request: SubjectRequest) -> SubjectRequestSaid:
        """Return a request as it stands today."""
        names = {str(one): officer.login_name for one, officer in self._accounts.current.officers.items()}
        return request_said(request, local_day(self._clock.now()), names)

    async def page(self, query: SubjectListQuery) -> SubjectRequestPage:
        """Return a page of the book; InvalidRequestError for a cursor that is none."""
        after = _place(query.cursor) if query.cursor is not None else None
        found = await self.book.page(query.state, after, query.page_size + 1)
        page = found[: query.page_size]
        last = page[-1] if len(found) > len(page) else None
        cursor = cursor_of((last.answer_by.isoformat(), str(last.report_id))) if last else None
        return SubjectRequestPage(requests=[self.said(one) for one in page], next_cursor=cursor)

    def _nowhere(self) -> NoReturn:
        raise GatewayError(ProblemCode.AUDITING_NOT_SERVED)


def subject_router(front: SubjectFront, get_reporter: GetCaller) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["auditing"])
    _add_listing(router, front, get_reporter)
    _add_report(router, front, get_reporter)
    _add_steps(router, front, get_reporter)
    return router


def _add_listing(router: APIRouter, front: SubjectFront, get_reporter: GetCaller) -> None:
    @router.post(
        _PATH,
        summary="Register a citizen's request to know who looked them up",
        openapi_extra=body_of(SubjectReportRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": SubjectRequestSaid},
            **problems(
                *_ANY,
                ProblemCode.INVALID_ID_NUMBER,
                ProblemCode.SUBJECT_REQUEST_TOO_OLD,
                ProblemCode.TOO_MANY_SUBJECT_REPORTS,
            ),
        },
    )
    async def register(request: Request, caller: Annotated[Caller, Depends(get_reporter)]) -> Response:
        book = front.book
        async with front.rejections(caller):
            body, _ = await read_json(request, SubjectReportRequest, max_bytes=_MAX_BODY_BYTES)
            made = await book.register(caller, front.new_request(body))
        return _json(front.said(made), 201)

    @router.get(
        _PATH,
        summary="Requests, what is due next and what is overdue; nothing says whom they are about",
        response_model=None,
        responses={200: {"model": SubjectRequestPage}, **problems(*_ANY)},
    )
    async def list_all(
        caller: Annotated[Caller, Depends(get_reporter)],
        state: str | None = None,
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with front.rejections(caller):
            query = read_query(SubjectListQuery, state=state, page_size=page_size, cursor=cursor)
            return _json(await front.page(query))


def _add_report(router: APIRouter, front: SubjectFront, get_reporter: GetCaller) -> None:
    @router.post(
        _PATH + "/{request_number}/report",
        summary="Make the report: every look, with proofs, as data and as a signed paper",
        response_model=None,
        responses={
            200: {"model": SubjectReportAnswer},
            **problems(
                *_ON_ONE,
                ProblemCode.SUBJECT_REQUEST_UNREADABLE,
                ProblemCode.SUBJECT_REPORT_NEEDS_ANOTHER,
                ProblemCode.RECEIPTS_NOT_SET_UP,
                ProblemCode.PAPERS_BUSY,
            ),
        },
    )
    async def make(request_number: str, caller: Annotated[Caller, Depends(get_reporter)]) -> Response:
        return _json(await front.desk.make(caller, request_number))


def _add_steps(router: APIRouter, front: SubjectFront, get_reporter: GetCaller) -> None:
    @router.post(
        _PATH + "/{request_number}/acknowledgement",
        summary="Note that the citizen was told that the request is being carried out",
        openapi_extra=body_of(SubjectAcknowledgement),
        response_model=None,
        responses={
            200: {"model": SubjectRequestSaid},
            **problems(*_ON_ONE, ProblemCode.SUBJECT_STEP_REFUSED),
        },
    )
    async def acknowledge(
        request_number: str, request: Request, caller: Annotated[Caller, Depends(get_reporter)]
    ) -> Response:
        book = front.book
        async with front.rejections(caller):
            body, _ = await read_json(request, SubjectAcknowledgement, max_bytes=_MAX_BODY_BYTES)
            made = await book.acknowledge(caller, request_number, body.told_on, body.through)
        return _json(front.said(made))

    @router.post(
        _PATH + "/{request_number}/extension",
        summary="Take longer, once, for a reason that the citizen was told",
        openapi_extra=body_of(SubjectExtension),
        response_model=None,
        responses={
            200: {"model": SubjectRequestSaid},
            **problems(*_ON_ONE, ProblemCode.SUBJECT_STEP_REFUSED),
        },
    )
    async def extend(
        request_number: str, request: Request, caller: Annotated[Caller, Depends(get_reporter)]
    ) -> Response:
        book = front.book
        async with front.rejections(caller):
            body, _ = await read_json(request, SubjectExtension, max_bytes=_MAX_BODY_BYTES)
            reason = words_of(body.reason, "/reason")
            made = await book.extend(caller, request_number, body.days, reason, body.told_on, body.through)
        return _json(front.said(made))

    @router.post(
        _PATH + "/{request_number}/answer",
        summary="Note that the report was handed over, or how the request ended without one",
        openapi_extra=body_of(SubjectAnswer),
        response_model=None,
        responses={
            200: {"model": SubjectRequestSaid},
            **problems(*_ON_ONE, ProblemCode.SUBJECT_REPORT_NOT_MADE),
        },
    )
    async def answer(
        request_number: str, request: Request, caller: Annotated[Caller, Depends(get_reporter)]
    ) -> Response:
        book = front.book
        async with front.rejections(caller):
            body, _ = await read_json(request, SubjectAnswer, max_bytes=_MAX_BODY_BYTES)
            reason = words_of(body.reason, "/reason") if body.reason is not None else None
            made = await book.answer(caller, request_number, body.result, body.on, body.through, reason)
        return _json(front.said(made))


def words_of(text: str, pointer: str) -> str:
    """Return what goes on record in clear: InvalidRequestError for what could be a personal number."""
    try:
        return parse_reason(text)
    except ValueError:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=(pointer,)) from None


def _place(cursor: str) -> Place:
    day, report_id = place_in(cursor, ("", ""))
    try:
        return date.fromisoformat(day), UUID(report_id)
    except ValueError:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",)) from None


def _json(answer: BaseModel, status: int = 200) -> Response:
    return Response(orjson.dumps(answer.model_dump()), status, media_type="application/json")
