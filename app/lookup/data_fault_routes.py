"""Data-fault reports over HTTP: filed by officers, followed up by heads of units and the department."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_routes import MAX_BODY_BYTES
from app.accounts.authentication import Caller
from app.accounts.exports import ExportLog, FileFormat, ListName, exported, file_answer, given
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import NotFoundError, ProblemCode
from app.lookup.data_fault_desk import DataFaultDesk
from app.lookup.data_fault_export import reports_table
from app.lookup.data_fault_schemas import (
    DataFaultAnswer,
    DataFaultPage,
    DataFaultQuery,
    DataFaultRequest,
    DataFaultStatusRequest,
    report_said,
)
from app.lookup.data_fault_store import FaultFilter
from app.lookup.data_fault_values import FaultReport
from app.web.bodies import read_json
from app.web.conditions import etag, expected_version
from app.web.openapi import body_of, problems
from app.web.queries import read_query

_MOST_EXPORTED: Final = 50_000
_ON_LIST: Final = (ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.INVALID_VALUE, ProblemCode.UNIT_UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query's conditions as they were typed."""

    status: str | None = None
    fault_class: Annotated[str | None, Query(alias="class")] = None
    unit: Annotated[str | None, Query(description="a unit's id or code; units below it included")] = None

    def read(self, **more: str | None) -> DataFaultQuery:
        """Return them; InvalidRequestError(INVALID_VALUE)."""
        return read_query(
            DataFaultQuery, status=self.status, fault_class=self.fault_class, unit=self.unit, **more
        )


def data_fault_router(
    desk: DataFaultDesk,
    rejections: Rejections,
    exports: ExportLog,
    get_reporter: GetCaller,
    get_handler: GetCaller,
    get_caller: GetCaller,
) -> APIRouter:
    """Return the routes; *get_caller* lets everybody in and the desk decides what they see."""
    router = APIRouter(tags=["data faults"])

    @router.post(
        "/v1/data-faults",
        summary="Report that a lookup of one's own showed a faulty national record",
        openapi_extra=body_of(DataFaultRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": DataFaultAnswer},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.LOOKUP_UNKNOWN,
                ProblemCode.LOOKUP_WITHOUT_ANSWER,
                ProblemCode.FIELD_NOT_PERMITTED,
                ProblemCode.DATA_FAULT_REPORTED,
            ),
        },
    )
    async def file(request: Request, caller: Annotated[Caller, Depends(get_reporter)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, DataFaultRequest, max_bytes=MAX_BODY_BYTES)
        with database_trouble():
            report = await desk.file(caller, body.lookup_id, body.fault_class, body.fields)
        return _said(desk, report, 201)

    @router.get(
        "/v1/data-faults",
        summary="Reports of one's units, by page; officers see their own",
        response_model=None,
        responses={200: {"model": DataFaultPage}, **problems(*_ON_LIST)},
    )
    async def list_faults(
        caller: Annotated[Caller, Depends(get_caller)],
        asked: Annotated[_Asked, Depends()],
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            query = asked.read(page_size=page_size, cursor=cursor)
        with database_trouble():
            found = await desk.page(
                caller, _filter(query), unit=query.unit, before=query.cursor, most=query.page_size + 1
            )
        page = found[: query.page_size]
        answer = DataFaultPage(
            data_faults=[report_said(each, desk.units) for each in page],
            next_cursor=str(page[-1].fault_id) if len(found) > query.page_size else None,
        )
        return Response(orjson.dumps(answer.model_dump(by_alias=True)), media_type="application/json")

    @router.get(
        "/v1/data-faults/export",
        summary="The same reports as a file for the commune police, without anything of a citizen",
        response_model=None,
        responses={**file_answer(), **problems(*_ON_LIST, ProblemCode.AUDIT_UNAVAILABLE)},
    )
    async def export(
        caller: Annotated[Caller, Depends(get_caller)],
        asked: Annotated[_Asked, Depends()],
        file_format: Annotated[str | None, Query(alias="format")] = None,
    ) -> Response:
        async with rejections(caller):
            query = asked.read(format=file_format)
        with database_trouble():
            found = await desk.page(caller, _filter(query), unit=query.unit, most=_MOST_EXPORTED)
        conditions = given({"status": query.status, "class": query.fault_class, "unit": query.unit}.items())
        table = reports_table(found, desk.units)
        return await exported(
            exports, caller, ListName.DATA_FAULTS, conditions, table, FileFormat(query.format)
        )

    @router.get(
        "/v1/data-faults/{fault_id}",
        summary="One report",
        response_model=None,
        responses={
            200: {"model": DataFaultAnswer},
            **problems(ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.DATA_FAULT_UNKNOWN),
        },
    )
    async def show(fault_id: str, caller: Annotated[Caller, Depends(get_caller)]) -> Response:
        with database_trouble():
            return _said(desk, await desk.find(caller, _parse_id(fault_id)))

    @router.put(
        "/v1/data-faults/{fault_id}/status",
        summary="Note how far a report has come: sent, answered with a result, closed",
        openapi_extra=body_of(DataFaultStatusRequest),
        response_model=None,
        responses={
            200: {"model": DataFaultAnswer},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.DATA_FAULT_UNKNOWN,
                ProblemCode.DATA_FAULT_STATUS_NOT_NEXT,
                ProblemCode.IF_MATCH_NEEDED,
                ProblemCode.VERSION_OUTDATED,
            ),
        },
    )
    async def follow_up(
        fault_id: str, request: Request, caller: Annotated[Caller, Depends(get_handler)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, DataFaultStatusRequest, max_bytes=MAX_BODY_BYTES)
            version = expected_version(request)
        with database_trouble():
            report = await desk.follow_up(caller, _parse_id(fault_id), version, body.status, body.result)
        return _said(desk, report)

    return router


def _filter(query: DataFaultQuery) -> FaultFilter:
    return FaultFilter(query.status, query.fault_class)


def _parse_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(ProblemCode.DATA_FAULT_UNKNOWN) from None


def _said(desk: DataFaultDesk, report: FaultReport, status: int = 200) -> Response:
    content = orjson.dumps(report_said(report, desk.units).model_dump(by_alias=True))
    headers = {"ETag": etag(report.version), "Location": f"/v1/data-faults/{report.fault_id}"}
    return Response(content, status, headers, "application/json")
