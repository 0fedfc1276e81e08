"""Grants over HTTP, for those who read them: what was allowed on a day, one pair's periods, files."""

import asyncio
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.exports import XLSX, Export, ExportLog, ListName
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import InvalidRequestError, ProblemCode
from app.procedures.catalogue.schemas import FileQuery
from app.procedures.grants.desk import GrantDesk
from app.procedures.grants.files import template_workbook, write_list
from app.procedures.grants.planning import Pair
from app.procedures.grants.schemas import GrantAnswer, GrantPage, GrantQuery
from app.procedures.grants.viewing import allowed_said, grant_said, version_number
from app.procedures.lists.sending import file_answer
from app.web.conditions import etag
from app.web.openapi import problems
from app.web.queries import read_query

_ON_READING = (ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.OUTSIDE_OWN_UNITS, ProblemCode.INVALID_VALUE)


def grant_router(
    desk: GrantDesk, rejections: Rejections, exports: ExportLog, get_viewer: GetCaller
) -> APIRouter:
    """Return the routes that change nothing; unit administrators see what their units handle."""
    router = APIRouter(tags=["grants"])

    @router.get(
        "/v1/grants",
        summary="What is, was or will be allowed on a day, by page",
        response_model=None,
        responses={200: {"model": GrantPage}, **problems(*_ON_READING, ProblemCode.UNIT_UNKNOWN)},
    )
    async def list_grants(
        caller: Annotated[Caller, Depends(get_viewer)],
        on: str | None = None,
        unit: str | None = None,
        procedure: str | None = None,
        with_predecessors: str | None = None,
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(
                GrantQuery,
                on=on,
                unit=unit,
                procedure=procedure,
                with_predecessors=with_predecessors,
                page_size=page_size,
                cursor=cursor,
            )
            after = _pair(asked.cursor) if asked.cursor is not None else None
        day = asked.on or desk.today
        units = await desk.units(caller, asked.unit, day, with_predecessors=asked.with_predecessors)
        with database_trouble():
            found = await desk.page(day, units, asked.procedure, after, asked.page_size + 1)
        page = found[: asked.page_size]
        answer = GrantPage(
            on=day.isoformat(),
            grants=[allowed_said(one, day) for one in page],
            next_cursor=f"{page[-1].unit_id}/{page[-1].procedure_code}" if len(found) > len(page) else None,
        )
        return Response(orjson.dumps(answer.model_dump()), media_type="application/json")

    @router.get(
        "/v1/grants/template",
        summary="The list of grants, to be filled in",
        response_model=None,
        responses={200: {"content": {XLSX: {}}}, **problems(ProblemCode.ROLE_NOT_PERMITTED)},
    )
    async def template(_: Annotated[Caller, Depends(get_viewer)]) -> Response:
        content = await asyncio.to_thread(template_workbook)
        return file_answer(content, "cap-quyen", is_xlsx=True)

    @router.get(
        "/v1/grants/export",
        summary="The grants of a day, as a file that imports back unchanged",
        response_model=None,
        responses={
            200: {"description": "the file", "content": {XLSX: {}, "text/csv": {}}},
            **problems(*_ON_READING),
        },
    )
    async def export(
        caller: Annotated[Caller, Depends(get_viewer)],
        file_format: Annotated[str | None, Query(alias="format")] = None,
        on: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(FileQuery, format=file_format, on=on)
        day, is_xlsx = asked.on or desk.today, asked.format == "xlsx"
        units = await desk.units(caller, None, day)
        with database_trouble():
            found = await desk.page(day, units)
        in_force = [one for one in found if one.agency_code is not None]
        content = await asyncio.to_thread(write_list, in_force, is_xlsx=is_xlsx)
        export = Export(ListName.GRANTS, asked.format, len(in_force), {"on": day.isoformat()})
        await exports.note(caller, export)
        return file_answer(content, f"cap-quyen-{day.isoformat()}", is_xlsx=is_xlsx)

    @router.get(
        "/v1/grants/{unit_id}/{procedure_code}",
        summary="All periods in which a unit was, is or will be granted a procedure",
        response_model=None,
        responses={
            200: {"model": GrantAnswer},
            **problems(*_ON_READING, ProblemCode.UNIT_UNKNOWN, ProblemCode.CATALOGUE_ENTRY_UNKNOWN),
        },
    )
    async def show(
        unit_id: str, procedure_code: str, request: Request, caller: Annotated[Caller, Depends(get_viewer)]
    ) -> Response:
        with database_trouble():
            found, periods = await desk.find(caller, unit_id, procedure_code)
        tag = etag(version_number(periods))
        if tag in {one.strip() for one in request.headers.get("if-none-match", "").split(",")}:
            return Response(status_code=304, headers={"ETag": tag})
        answer = grant_said(found, procedure_code, periods, desk.today)
        content = orjson.dumps(answer.model_dump())
        return Response(content, headers={"ETag": tag}, media_type="application/json")

    return router


def _pair(cursor: str) -> Pair:
    unit_id, _, code = cursor.partition("/")
    try:
        return UUID(unit_id), code
    except ValueError:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",)) from None
