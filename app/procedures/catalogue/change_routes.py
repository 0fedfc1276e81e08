"""Changes of the procedure catalogue over HTTP, for department administrators: one entry, or a whole list."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import ProblemCode
from app.procedures.catalogue.desk import CatalogueDesk, EntryDone
from app.procedures.catalogue.schemas import (
    ChangedEntry,
    NewProcedure,
    ProcedureChange,
)
from app.procedures.list_routes import add_list_route
from app.web.bodies import read_json
from app.web.conditions import etag, expected_version
from app.web.openapi import body_of, problems

_MAX_BODY_BYTES: Final = 64 * 1024
_ON_CHANGE: Final = (
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.PROCEDURE_CHANGE_REFUSED,
    ProblemCode.NOTHING_TO_CHANGE,
)


def catalogue_change_router(desk: CatalogueDesk, rejections: Rejections, get_manager: GetCaller) -> APIRouter:
    """Return the routes for those who may change the catalogue."""
    router = APIRouter(tags=["procedures"])

    @router.post(
        "/v1/procedures",
        summary="Put a procedure into the catalogue",
        openapi_extra=body_of(NewProcedure),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": ChangedEntry},
            200: {"model": ChangedEntry},
            **problems(*_ON_CHANGE, ProblemCode.PROCEDURE_TAKEN),
        },
    )
    async def add(request: Request, caller: Annotated[Caller, Depends(get_manager)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, NewProcedure, max_bytes=_MAX_BODY_BYTES)
            with database_trouble():
                done = await desk.put(caller, body.procedure_code, body)
        return _said(done, is_dry_run=body.dry_run, status=200 if body.dry_run else 201)

    add_list_route(
        router,
        "/v1/procedures/import",
        "Check a list of procedures, or bring the catalogue to it: all rows or none",
        desk,
        rejections,
        get_manager,
    )

    @router.put(
        "/v1/procedures/{procedure_code}",
        summary="Let the catalogue say something else of a procedure from a day on",
        openapi_extra=body_of(ProcedureChange),
        response_model=None,
        responses={
            200: {"model": ChangedEntry},
            **problems(
                *_ON_CHANGE,
                ProblemCode.CATALOGUE_ENTRY_UNKNOWN,
                ProblemCode.IF_MATCH_NEEDED,
                ProblemCode.VERSION_OUTDATED,
            ),
        },
    )
    async def change(
        procedure_code: str, request: Request, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, ProcedureChange, max_bytes=_MAX_BODY_BYTES)
            version = expected_version(request)
            with database_trouble():
                done = await desk.put(caller, procedure_code, body, version)
        return _said(done, is_dry_run=body.dry_run)

    return router


def _said(done: EntryDone, *, is_dry_run: bool, status: int = 200) -> Response:
    answer = ChangedEntry(
        procedure_code=done.row.subject,
        version=done.version,
        is_dry_run=is_dry_run,
        changes=[{"field": one.field, "before": one.before, "after": one.after} for one in done.row.changes],
    )
    headers = {} if is_dry_run else {"ETag": etag(done.version)}
    return Response(orjson.dumps(answer.model_dump()), status, headers, "application/json")
