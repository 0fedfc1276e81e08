"""Activation codes handed over, over HTTP: slips once, the record as often as needed, the receipt."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_routes import officer_id_in
from app.accounts.authentication import Caller
from app.accounts.exports import ExportLog, ListName, exported, file_answer, given
from app.accounts.handover_desk import HandoverDesk
from app.accounts.handover_list import (
    HandoverAnswers,
    HandoverExportQuery,
    HandoverQuery,
    handover_said,
)
from app.accounts.life_schemas import HandoverRequest, ReceiptRequest
from app.accounts.posting_plan import Document
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.accounts.units_in_reach import code_of
from app.errors import NotFoundError, ProblemCode
from app.web.bodies import read_json
from app.web.conditions import conditional
from app.web.openapi import body_of, problems
from app.web.queries import read_query

_MAX_BODY_BYTES: Final = 32 * 1024  # five hundred officers' ids
_PDF: Final = "application/pdf"
_PAPER: Final = {"content": {_PDF: {"schema": {"type": "string", "format": "binary"}}}}
_ON_LISTING: Final = (
    ProblemCode.UNIT_UNKNOWN,
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.OUTSIDE_OWN_UNITS,
    ProblemCode.INVALID_VALUE,
)


def handover_router(
    desk: HandoverDesk, rejections: Rejections, exports: ExportLog, get_issuer: GetCaller
) -> APIRouter:
    """Return the routes for handing slips over."""
    router = APIRouter(tags=["administration"])

    @router.post(
        "/v1/handovers",
        summary="Issue activation codes to officers of a unit; the slips are shown this once",
        openapi_extra=body_of(HandoverRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"description": "the slips as PDF; Location names the handover record", **_PAPER},
            **problems(
                ProblemCode.UNIT_UNKNOWN,
                ProblemCode.OFFICER_UNKNOWN,
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.OUTSIDE_OWN_UNITS,
                ProblemCode.OWN_ACCOUNT,
                ProblemCode.ROLE_OUT_OF_REACH,
                ProblemCode.SECOND_PERSON_NEEDED,
                ProblemCode.OFFICER_NOT_IN_UNIT,
                ProblemCode.HANDOVER_EMPTY,
                ProblemCode.HANDOVER_OFFICER_SUSPENDED,
                ProblemCode.PAPERS_BUSY,
            ),
        },
    )
    async def issue(request: Request, caller: Annotated[Caller, Depends(get_issuer)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, HandoverRequest, max_bytes=_MAX_BODY_BYTES)
            named = None if body.officer_ids is None else [officer_id_in(each) for each in body.officer_ids]
            letter = Document(body.document_number) if body.document_number else None
            with database_trouble():
                slips = await desk.issue(caller, body.unit, named, letter)
        location = f"/v1/handovers/{slips.batch_id}/record"
        return _pdf(slips.pdf, f"phieu-{slips.batch_id}.pdf", 201, Location=location)

    @router.get(
        "/v1/handovers",
        summary="Handovers of slips, newest first, by page",
        response_model=None,
        responses={200: {"model": HandoverAnswers}, **problems(*_ON_LISTING)},
    )
    async def list_all(
        request: Request,
        caller: Annotated[Caller, Depends(get_issuer)],
        unit: str | None = None,
        received: str | None = None,
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(
                HandoverQuery, unit=unit, received=received, page_size=page_size, cursor=cursor
            )
        with database_trouble():
            found = await desk.listed(
                caller,
                asked.unit,
                is_received=asked.received,
                before=asked.cursor,
                most=asked.page_size + 1,
            )
        page = found[: asked.page_size]
        answer = HandoverAnswers(
            handovers=[handover_said(one, desk.units) for one in page],
            next_cursor=str(page[-1].batch_id) if len(found) > len(page) else None,
        )
        return conditional(request, answer)

    @router.get(
        "/v1/handovers/export",
        summary="Handovers of slips as a file; it holds no code",
        response_model=None,
        responses={**file_answer(), **problems(*_ON_LISTING)},
    )
    async def export(
        caller: Annotated[Caller, Depends(get_issuer)],
        file_format: Annotated[str | None, Query(alias="format")] = None,
        unit: str | None = None,
        received: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(HandoverExportQuery, format=file_format, unit=unit, received=received)
        with database_trouble():
            found = await desk.listed(caller, asked.unit, is_received=asked.received)
        received_said = None if asked.received is None else str(asked.received).lower()
        conditions = given((("unit", code_of(desk.units, asked.unit)), ("received", received_said)))
        return await exported(
            exports, caller, ListName.HANDOVERS, conditions, desk.table(found), asked.format
        )

    @router.get(
        "/v1/handovers/{handover_id}/record",
        summary="The handover record (biên bản bàn giao) as PDF; it holds no code",
        response_model=None,
        responses={
            200: {"description": "the record as PDF", **_PAPER},
            **problems(
                ProblemCode.HANDOVER_UNKNOWN,
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.OUTSIDE_OWN_UNITS,
                ProblemCode.PAPERS_BUSY,
            ),
        },
    )
    async def record(handover_id: str, caller: Annotated[Caller, Depends(get_issuer)]) -> Response:
        batch_id = _handover_id_in(handover_id)
        with database_trouble():
            return _pdf(await desk.record(caller, batch_id), f"bien-ban-{batch_id}.pdf")

    @router.post(
        "/v1/handovers/{handover_id}/receipt",
        summary="Note who took the slips, as the signed record says; once",
        openapi_extra=body_of(ReceiptRequest),
        response_model=None,
        status_code=204,
        responses=problems(
            ProblemCode.HANDOVER_UNKNOWN,
            ProblemCode.ROLE_NOT_PERMITTED,
            ProblemCode.OUTSIDE_OWN_UNITS,
            ProblemCode.HANDOVER_RECEIVED_ALREADY,
        ),
    )
    async def receipt(
        handover_id: str, request: Request, caller: Annotated[Caller, Depends(get_issuer)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, ReceiptRequest, max_bytes=_MAX_BODY_BYTES)
            with database_trouble():
                await desk.note_receipt(caller, _handover_id_in(handover_id), body.received_by)
        return Response(status_code=204)

    return router


def _handover_id_in(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(ProblemCode.HANDOVER_UNKNOWN) from None


def _pdf(content: bytes, name: str, status: int = 200, **more: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, status, headers | more, _PDF)
