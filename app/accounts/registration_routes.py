"""Lists of officers over HTTP: the template, a dry run with its report, and carrying one out."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.exports import CSV, WINDOWS_CSV, XLSX, attachment
from app.accounts.registering_lists import Importer, OfficerList, Report
from app.accounts.registration.fault_texts import Language
from app.accounts.registration.reporting import annotated_workbook, report_json
from app.accounts.registration.template import template_workbook
from app.accounts.registration_desk import RegistrationDesk
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.accounts.values import Role
from app.errors import InvalidRequestError, ProblemCode
from app.sheets.errors import SheetError
from app.sheets.texts import sheet_text
from app.sheets.values import MEBIBYTE
from app.web.bodies import read_bytes
from app.web.openapi import problems
from app.web.problems import language_of
from app.web.refused_values import MediaTypeError

MAX_FILE_BYTES: Final = 5 * MEBIBYTE
_MOST_ROWS: Final = 2_000  # a report in JSON; the workbook has all
_NAMES: Final = {XLSX: "list.xlsx", CSV: "list.csv", WINDOWS_CSV: "list.csv"}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _NAMES},
    }
}


class ImportedRow(BaseModel):
    """One row with faults, or one that changes something."""

    row: int
    login_name: str
    action: str
    changes: list[dict[str, str | None]]
    faults: list[dict[str, str | bool]]


class ImportReport(BaseModel):
    """What a list comes to; of more rows than a page holds those with errors come first.

    `left_off` counts the rest; the same file sent again with `next_cursor` as `cursor` gives them.
    """

    applied: bool
    sheet: str
    may_be_applied: bool
    counts: dict[str, int]
    ignored_columns: list[str]
    rows: list[ImportedRow]
    left_off: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Page:
    skipped: int
    size: int


class ListUnreadableError(InvalidRequestError):
    """The file is no list that can be read: why and where, for its sender."""

    def __init__(self, error: SheetError) -> None:
        """Keep what is wrong; it may repeat names of sheets, never a cell."""
        super().__init__(ProblemCode.LIST_UNREADABLE)
        self._error = error

    def members(self, language: str) -> dict[str, object]:
        """Return the reason's code, its place, and what would mend it."""
        detail = sheet_text(self._error, "en" if language == "en" else "vi")
        return {"detail": detail, "reason": self._error.reason.value, "place": self._error.place or None}


class ListRefusedError(InvalidRequestError):
    """Rows of the list are wrong, so nothing of it was carried out."""

    def __init__(self, report: Report, page: _Page) -> None:
        """Keep the report, and which page of it was asked for, for the answer."""
        super().__init__(ProblemCode.LIST_REFUSED)
        self._report = report
        self._page = page

    def members(self, language: str) -> dict[str, object]:
        """Return the report."""
        known: Language = "en" if language == "en" else "vi"
        return {"report": _json(self._report, known, self._page, is_applied=False)}


def registration_router(
    desk: RegistrationDesk, rejections: Rejections, get_registrar: GetCaller
) -> APIRouter:
    """Return the routes for who may register officers by list; they stand before those about one officer."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/officers/import/template",
        summary="The official list form, to be filled in",
        response_model=None,
        responses={200: {"content": {XLSX: {}}}, **problems(ProblemCode.ROLE_NOT_PERMITTED)},
    )
    async def template(_: Annotated[Caller, Depends(get_registrar)]) -> Response:
        content = await asyncio.to_thread(template_workbook)
        return Response(content, headers=attachment("danh-sach-can-bo.xlsx"), media_type=XLSX)

    @router.post(
        "/v1/officers/import",
        summary="Check a list of officers, or register it: all rows or none",
        openapi_extra=_BODY,
        response_model=None,
        responses={
            200: {"model": ImportReport, "content": {XLSX: {}}},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.UNSUPPORTED_MEDIA_TYPE,
                ProblemCode.REQUEST_TOO_LARGE,
                ProblemCode.MALFORMED_REQUEST,
                ProblemCode.INVALID_VALUE,
                ProblemCode.LIST_UNREADABLE,
                ProblemCode.LIST_REFUSED,
                ProblemCode.LIST_BUSY,
            ),
        },
    )
    async def import_officers(
        request: Request,
        caller: Annotated[Caller, Depends(get_registrar)],
        dry_run: bool = True,  # noqa: FBT001, FBT002 - a query parameter
        sheet: str | None = None,
        document_number: Annotated[str, Query(description="for rows that name none")] = "",
        effective_on: Annotated[date | None, Query(description="for rows that name none")] = None,
        cursor: Annotated[int, Query(ge=0, le=1_000_000, description="of a dry run's report")] = 0,
        page_size: Annotated[int, Query(ge=1, le=_MOST_ROWS, description="rows of the report")] = _MOST_ROWS,
    ) -> Response:
        async with rejections(caller):
            if cursor and not dry_run:
                raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",))
            name = _NAMES.get(_media_type(request))
            if name is None:
                raise MediaTypeError(_NAMES)
            content = await read_bytes(request, max_bytes=MAX_FILE_BYTES)
            try:
                asked = await desk.read(content, name, sheet, document_number.strip(), effective_on)
            except SheetError as error:
                refusal = ListUnreadableError(error)
            else:
                page = _Page(cursor, page_size)
                return await _answer(request, desk, asked, caller, page, is_dry_run=dry_run)
            raise refusal

    return router


async def _answer(
    request: Request,
    desk: RegistrationDesk,
    asked: OfficerList,
    caller: Caller,
    page: _Page,
    *,
    is_dry_run: bool,
) -> Response:
    importer = importer_of(caller)
    with database_trouble():
        report = await (desk.check(asked, importer) if is_dry_run else desk.apply(asked, importer))
    if not is_dry_run and not report.plan.may_be_applied:
        raise ListRefusedError(report, page)
    language = language_of(request.headers.get("accept-language"))
    if XLSX in request.headers.get("accept", ""):
        content = await asyncio.to_thread(annotated_workbook, report.plan, report.table, language)
        return Response(content, headers=attachment("ket-qua.xlsx"), media_type=XLSX)
    body = await asyncio.to_thread(_json, report, language, page, is_applied=not is_dry_run)
    headers = {"Content-Language": language}
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")


def importer_of(caller: Caller) -> Importer:
    """Return how far an administrator's lists reach: the department's everywhere, others' in their units."""
    is_everywhere = caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR
    root_id = None if is_everywhere else caller.unit.unit_id
    return Importer(root_id, caller.officer.person_code, caller.facts())


def _json(report: Report, language: Language, page: _Page, *, is_applied: bool) -> dict[str, object]:
    told = report_json(report.plan, report.table, language, page.size, page.skipped)
    return {"applied": is_applied} | told


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";", maxsplit=1)[0].strip().lower()
