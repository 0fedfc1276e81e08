"""What units are told, what they asked for, and who is late, over HTTP."""

from typing import Annotated, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_routes import MAX_BODY_BYTES
from app.accounts.authentication import Caller
from app.accounts.exports import ExportLog, ListName, exported, file_answer, given
from app.accounts.life_schemas import (
    DeclarationRequest,
    NoticeAnswer,
    NoticeAnswers,
    ProgressAnswer,
    ProgressAnswers,
)
from app.accounts.posting_plan import Document
from app.accounts.registration_report import (
    ProgressExportQuery,
    ProgressQuery,
    ProgressView,
    page_of,
    progress_table,
)
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.accounts.unit_desk import NoticeView, UnitMattersDesk
from app.accounts.unit_notice_texts import notice_text
from app.errors import NotFoundError, ProblemCode
from app.web.bodies import read_json
from app.web.conditions import conditional
from app.web.openapi import body_of, problems
from app.web.problem_texts import Language
from app.web.problems import language_of
from app.web.queries import read_query

_ON_UNIT: Final = (
    ProblemCode.UNIT_UNKNOWN,
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.OUTSIDE_OWN_UNITS,
)


def unit_life_router(
    desk: UnitMattersDesk,
    rejections: Rejections,
    exports: ExportLog,
    get_reader: GetCaller,
    get_poster: GetCaller,
    get_viewer: GetCaller,
) -> APIRouter:
    """Return the routes about units' notices and registrations."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/units/{unit_id}/notices",
        summary="Unread notices about accounts of a unit and of those below it",
        response_model=None,
        responses={200: {"model": NoticeAnswers}, **problems(*_ON_UNIT)},
    )
    async def notices(
        unit_id: str, request: Request, caller: Annotated[Caller, Depends(get_reader)]
    ) -> Response:
        with database_trouble():
            found = await desk.notices(caller, unit_id)
        language = language_of(request.headers.get("accept-language"))
        return _json(NoticeAnswers(notices=[_notice(each, language) for each in found]))

    @router.post(
        "/v1/units/{unit_id}/notices/{notice_id}/acknowledgement",
        summary="Say that a notice was read",
        response_model=None,
        status_code=204,
        responses=problems(*_ON_UNIT, ProblemCode.UNIT_NOTICE_UNKNOWN),
    )
    async def acknowledge(
        unit_id: str, notice_id: str, caller: Annotated[Caller, Depends(get_reader)]
    ) -> Response:
        try:
            notice = UUID(notice_id)
        except ValueError:
            raise NotFoundError(ProblemCode.UNIT_NOTICE_UNKNOWN) from None
        with database_trouble():
            await desk.acknowledge(caller, unit_id, notice)
        return Response(status_code=204)

    @router.post(
        "/v1/units/{unit_id}/registrations",
        summary="Note that a unit asked for accounts, and for how many officers",
        openapi_extra=body_of(DeclarationRequest),
        response_model=None,
        status_code=204,
        responses=problems(*_ON_UNIT, ProblemCode.DECLARED_ALREADY),
    )
    async def declare(
        unit_id: str, request: Request, caller: Annotated[Caller, Depends(get_poster)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, DeclarationRequest, max_bytes=MAX_BODY_BYTES)
        letter = Document(body.document_number)
        with database_trouble():
            await desk.declare(caller, unit_id, body.declared_officers, body.requested_at, letter)
        return Response(status_code=204)

    @router.get(
        "/v1/reports/registration",
        summary="Who asked for accounts, how many are there, who waits and for how long, by page",
        response_model=None,
        responses={200: {"model": ProgressAnswers}, **problems(*_ON_UNIT, ProblemCode.INVALID_VALUE)},
    )
    async def progress(
        request: Request,
        caller: Annotated[Caller, Depends(get_viewer)],
        unit: str | None = None,
        waiting: str | None = None,
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(ProgressQuery, unit=unit, waiting=waiting, page_size=page_size, cursor=cursor)
            with database_trouble():
                found = await desk.progress(caller, asked.unit, is_waiting=asked.waiting)
            page, next_cursor = page_of(found, asked.cursor, asked.page_size)
        answer = ProgressAnswers(units=[_progress(each) for each in page], next_cursor=next_cursor)
        return conditional(request, answer)

    @router.get(
        "/v1/reports/registration/export",
        summary="The registration report as a file",
        response_model=None,
        responses={**file_answer(), **problems(*_ON_UNIT, ProblemCode.INVALID_VALUE)},
    )
    async def export(
        caller: Annotated[Caller, Depends(get_viewer)],
        file_format: Annotated[str | None, Query(alias="format")] = None,
        unit: str | None = None,
        waiting: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(ProgressExportQuery, format=file_format, unit=unit, waiting=waiting)
        with database_trouble():
            found = await desk.progress(caller, asked.unit, is_waiting=asked.waiting)
        waits = None if asked.waiting is None else str(asked.waiting).lower()
        conditions = given((("unit", desk.unit_code(asked.unit)), ("waiting", waits)))
        return await exported(
            exports, caller, ListName.REGISTRATIONS, conditions, progress_table(found), asked.format
        )

    return router


def _notice(view: NoticeView, language: Language) -> NoticeAnswer:
    notice = view.notice
    return NoticeAnswer(
        notice_id=str(notice.notice_id),
        unit_id=str(notice.unit_id),
        officer_id=str(notice.officer_id),
        login_name=view.officer.login_name if view.officer else None,
        code=notice.code.value,
        text=notice_text(notice, language),
        facts=dict(notice.facts),
        created_at=notice.created_at,
    )


def _progress(view: ProgressView) -> ProgressAnswer:
    progress, unit = view.progress, view.unit
    return ProgressAnswer(
        unit_id=str(progress.unit_id),
        unit_code=unit.agency_code if unit else None,
        unit_name=unit.name if unit else None,
        requested_at=progress.first_requested_at,
        declared=progress.declared_officers,
        registered=progress.registered_officers,
        activated=progress.activated_officers,
        missing=progress.missing_officers,
        coverage_percent=progress.coverage_percent,
        waited_days=view.waited_days,
        is_waiting=view.is_waiting,
    )


def _json(answer: BaseModel) -> Response:
    return Response(orjson.dumps(answer.model_dump(mode="json")), media_type="application/json")
