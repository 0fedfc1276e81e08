"""Changes of the tree of units over HTTP, for department administrators: one decision, or a whole file."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.exports import CSV, WINDOWS_CSV
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import ProblemCode
from app.procedures.unit_answers import change_said
from app.procedures.unit_desk import UnitDesk, UnitDone
from app.procedures.unit_problems import report_said
from app.procedures.unit_schemas import (
    ImportQuery,
    NewUnitRequest,
    UnitChangeAnswer,
    UnitChangeRequest,
    UnitImportAnswer,
)
from app.units.files import LARGEST_BYTES, XLSX
from app.units.values import Decision
from app.web.bodies import read_bytes, read_json
from app.web.conditions import etag, expected_version
from app.web.openapi import body_of, problems
from app.web.problems import language_of
from app.web.queries import read_query
from app.web.refused_values import MediaTypeError

_MAX_BODY_BYTES: Final = 32 * 1024
_MEDIA_TYPES: Final = (XLSX, CSV, WINDOWS_CSV, "application/octet-stream")
_ON_CHANGE: Final = (
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.UNIT_CHANGE_REFUSED,
    ProblemCode.LIST_BUSY,
)
_FILE: Final = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _MEDIA_TYPES},
    }
}


def unit_change_router(desk: UnitDesk, rejections: Rejections, get_manager: GetCaller) -> APIRouter:
    """Return the routes for those who may change units."""
    router = APIRouter(tags=["units"])

    @router.post(
        "/v1/units",
        summary="Register a unit",
        openapi_extra=body_of(NewUnitRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": UnitChangeAnswer},
            200: {"model": UnitChangeAnswer},
            **problems(*_ON_CHANGE),
        },
    )
    async def add(request: Request, caller: Annotated[Caller, Depends(get_manager)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, NewUnitRequest, max_bytes=_MAX_BODY_BYTES)
        with database_trouble():
            done = await desk.add(caller, body)
        return _said(done, status=200 if done.is_dry_run else 201)

    @router.post(
        "/v1/units/import",
        summary="Bring the tree to what an XLSX or CSV file says, all of it or nothing",
        openapi_extra=_FILE,
        response_model=None,
        responses={
            200: {"model": UnitImportAnswer},
            **problems(
                *_ON_CHANGE,
                ProblemCode.INVALID_VALUE,
                ProblemCode.UNIT_FILE_UNREADABLE,
                ProblemCode.UNIT_FILE_REFUSED,
                ProblemCode.REQUEST_TOO_LARGE,
                ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            ),
        },
    )
    async def import_file(
        request: Request,
        caller: Annotated[Caller, Depends(get_manager)],
        on: str | None = None,
        document_number: str | None = None,
        dry_run: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(ImportQuery, on=on, document_number=document_number, dry_run=dry_run)
            _check_media_type(request)
            content = await read_bytes(request, max_bytes=LARGEST_BYTES)
            decision = Decision(asked.on or desk.today, asked.document_number)
            with database_trouble():
                report = await desk.import_file(caller, content, decision, is_dry_run=asked.dry_run)
        language = language_of(request.headers.get("accept-language"))
        answer = {"is_dry_run": asked.dry_run} | report_said(report, language)
        return Response(orjson.dumps(answer), media_type="application/json")

    @router.post(
        "/v1/units/{unit_id}/changes",
        summary="Rename, recode, move, close, merge or split a unit, or change its level or details",
        openapi_extra=body_of(UnitChangeRequest),
        response_model=None,
        responses={
            200: {"model": UnitChangeAnswer},
            **problems(
                *_ON_CHANGE,
                ProblemCode.UNIT_UNKNOWN,
                ProblemCode.NOTHING_TO_CHANGE,
                ProblemCode.ADMINISTRATORS_WOULD_MOVE,
                ProblemCode.IF_MATCH_NEEDED,
                ProblemCode.VERSION_OUTDATED,
            ),
        },
    )
    async def change(
        unit_id: str, request: Request, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, UnitChangeRequest, max_bytes=_MAX_BODY_BYTES)
            version = expected_version(request)
        with database_trouble():
            return _said(await desk.change(caller, unit_id, version, body.root))

    return router


def _check_media_type(request: Request) -> None:
    given = request.headers.get("content-type", "").split(";", maxsplit=1)[0].strip().lower()
    if given not in _MEDIA_TYPES:
        raise MediaTypeError(_MEDIA_TYPES)


def _said(done: UnitDone, status: int = 200) -> Response:
    content = orjson.dumps(change_said(done).model_dump())
    headers = {} if done.is_dry_run else {"ETag": etag(done.version)}
    return Response(content, status, headers, "application/json")
