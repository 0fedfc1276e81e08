"""The procedure catalogue over HTTP, for those who read it: lists, one entry with all its days, files."""

import asyncio
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.exports import XLSX, Export, ExportLog, ListName
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import ProblemCode
from app.procedures.catalogue.desk import CatalogueDesk
from app.procedures.catalogue.files import template_workbook, write_list
from app.procedures.catalogue.schemas import FileQuery, ProcedurePage, ProcedureQuery, WholeProcedureAnswer
from app.procedures.catalogue.store import CatalogueFilter
from app.procedures.catalogue.values import version_on
from app.procedures.catalogue.viewing import procedure_said, version_number, whole_said
from app.procedures.lists.sending import file_answer
from app.web.conditions import etag
from app.web.openapi import problems
from app.web.queries import read_query

_FILES = {"description": "the file", "content": {XLSX: {}, "text/csv": {}}}
_ON_READING = (ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.INVALID_VALUE)


def catalogue_router(
    desk: CatalogueDesk, rejections: Rejections, exports: ExportLog, get_viewer: GetCaller
) -> APIRouter:
    """Return the routes that change nothing; unit administrators see what their units handle."""
    router = APIRouter(tags=["procedures"])

    @router.get(
        "/v1/procedures",
        summary="What the catalogue says on a day, by page",
        response_model=None,
        responses={200: {"model": ProcedurePage}, **problems(*_ON_READING)},
    )
    async def list_procedures(
        caller: Annotated[Caller, Depends(get_viewer)],
        on: str | None = None,
        text: str | None = None,
        field_of_work: str | None = None,
        is_decree_104: str | None = None,
        is_in_force: str | None = None,
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(
                ProcedureQuery,
                on=on,
                text=text,
                field_of_work=field_of_work,
                is_decree_104=is_decree_104,
                is_in_force=is_in_force,
                page_size=page_size,
                cursor=cursor,
            )
        day = asked.on or desk.today
        wanted = CatalogueFilter(
            asked.text, asked.field_of_work, asked.is_decree_104, asked.is_in_force, desk.reach(caller, day)
        )
        with database_trouble():
            found = await desk.page(day, wanted, asked.cursor, asked.page_size + 1)
        page = found[: asked.page_size]
        answer = ProcedurePage(
            on=day.isoformat(),
            procedures=[procedure_said(one) for one in page],
            next_cursor=page[-1].procedure.procedure_code if len(found) > len(page) else None,
        )
        return Response(orjson.dumps(answer.model_dump()), media_type="application/json")

    @router.get(
        "/v1/procedures/template",
        summary="The list of procedures, to be filled in",
        response_model=None,
        responses={200: {"content": {XLSX: {}}}, **problems(ProblemCode.ROLE_NOT_PERMITTED)},
    )
    async def template(_: Annotated[Caller, Depends(get_viewer)]) -> Response:
        content = await asyncio.to_thread(template_workbook)
        return file_answer(content, "danh-muc-thu-tuc", is_xlsx=True)

    @router.get(
        "/v1/procedures/export",
        summary="What the catalogue says on a day, as a file that imports back unchanged",
        response_model=None,
        responses={200: _FILES, **problems(*_ON_READING)},
    )
    async def export(
        caller: Annotated[Caller, Depends(get_viewer)],
        file_format: Annotated[str | None, Query(alias="format")] = None,
        on: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(FileQuery, format=file_format, on=on)
        day, is_xlsx = asked.on or desk.today, asked.format == "xlsx"
        with database_trouble():
            versions = await desk.page(day, CatalogueFilter(granted_in=desk.reach(caller, day)))
        content = await asyncio.to_thread(write_list, versions, is_xlsx=is_xlsx)
        export = Export(ListName.PROCEDURES, asked.format, len(versions), {"on": day.isoformat()})
        await exports.note(caller, export)
        return file_answer(content, f"thu-tuc-{day.isoformat()}", is_xlsx=is_xlsx)

    @router.get(
        "/v1/procedures/{procedure_code}",
        summary="One procedure: what the catalogue says of it today, and on all days",
        response_model=None,
        responses={
            200: {"model": WholeProcedureAnswer},
            **problems(ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.CATALOGUE_ENTRY_UNKNOWN),
        },
    )
    async def show(
        procedure_code: str, request: Request, caller: Annotated[Caller, Depends(get_viewer)]
    ) -> Response:
        with database_trouble():
            versions = await desk.find(caller, procedure_code)
        tag = etag(version_number(versions))
        if tag in {one.strip() for one in request.headers.get("if-none-match", "").split(",")}:
            return Response(status_code=304, headers={"ETag": tag})
        answer = whole_said(versions, version_on(versions, desk.today) or versions[-1])
        content = orjson.dumps(answer.model_dump())
        return Response(content, headers={"ETag": tag}, media_type="application/json")

    return router
