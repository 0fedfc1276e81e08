"""The tree of units over HTTP, for those who read it: lists, one unit with all its days, files, wards."""

from datetime import date
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.exports import ExportLog, ListName, exported, file_answer, given
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.errors import NotFoundError, ProblemCode
from app.procedures.unit_answers import former_ward_said, unit_said, whole_unit_said
from app.procedures.unit_desk import UnitDesk
from app.procedures.unit_files import exported_units
from app.procedures.unit_schemas import (
    ExportQuery,
    FormerWardAnswer,
    UnitQuery,
    UnitsAnswer,
    WholeUnitAnswer,
)
from app.units.divisions import load_divisions
from app.units.exporting import export_rows
from app.units.values import UnitVersion
from app.units.viewing import Filter, page_of, version_shown
from app.web.conditions import conditional, etag
from app.web.openapi import problems
from app.web.queries import read_query

_ON_READING = (ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.OUTSIDE_OWN_UNITS, ProblemCode.INVALID_VALUE)


def unit_router(
    desk: UnitDesk, rejections: Rejections, exports: ExportLog, get_viewer: GetCaller, get_caller: GetCaller
) -> APIRouter:
    """Return the routes that change nothing; wards are for every officer."""
    router = APIRouter(tags=["units"])

    @router.get(
        "/v1/units",
        summary="The units of a day that the caller may see, by page",
        response_model=None,
        responses={200: {"model": UnitsAnswer}, **problems(*_ON_READING)},
    )
    async def list_units(
        request: Request,
        caller: Annotated[Caller, Depends(get_viewer)],
        below: str | None = None,
        kind: str | None = None,
        level: str | None = None,
        text: str | None = None,
        on: str | None = None,
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(
                UnitQuery,
                below=below,
                kind=kind,
                level=level,
                text=text,
                on=on,
                page_size=page_size,
                cursor=cursor,
            )
        day = asked.on or desk.today
        chosen = await _chosen(desk, caller, day, asked)
        page, has_more = page_of(chosen, asked.cursor, asked.page_size)
        answer = UnitsAnswer(
            on=day.isoformat(),
            units=[unit_said(version) for version in page],
            next_cursor=page[-1].details.agency_code if has_more else None,
        )
        return conditional(request, answer)

    @router.get(
        "/v1/units/export",
        summary="The units of a day that the caller may see, as a file that imports back unchanged",
        response_model=None,
        responses={**file_answer(), **problems(*_ON_READING)},
    )
    async def export(
        caller: Annotated[Caller, Depends(get_viewer)],
        file_format: Annotated[str | None, Query(alias="format")] = None,
        below: str | None = None,
        kind: str | None = None,
        level: str | None = None,
        text: str | None = None,
        on: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(
                ExportQuery, format=file_format, below=below, kind=kind, level=level, text=text, on=on
            )
        day = asked.on or desk.today
        chosen = {version.unit_id for version in await _chosen(desk, caller, day, asked)}
        rows = export_rows(desk.history, day, chosen)
        conditions = given(asked.model_dump(mode="json", exclude={"format"}).items())
        table = exported_units(rows, day)
        return await exported(exports, caller, ListName.UNITS, conditions, table, asked.format)

    @router.get(
        "/v1/units/{unit_id}",
        summary="One unit: what holds today, all its days, whose place it took and who took its own",
        response_model=None,
        responses={200: {"model": WholeUnitAnswer}, **problems(ProblemCode.UNIT_UNKNOWN, *_ON_READING)},
    )
    async def show(unit_id: str, caller: Annotated[Caller, Depends(get_viewer)]) -> Response:
        found = await desk.find(caller, unit_id)
        history, today = desk.history, desk.today
        shown = version_shown(history, found, today)
        answer = whole_unit_said(history, found, shown, is_in_force=shown.holds_on(today))
        content = orjson.dumps(answer.model_dump())
        return Response(content, headers={"ETag": etag(answer.version)}, media_type="application/json")

    @router.get(
        "/v1/divisions/wards/{former_code}",
        summary="Where a ward of before July 2025 lies today",
        response_model=None,
        responses={200: {"model": FormerWardAnswer}, **problems(ProblemCode.WARD_UNKNOWN)},
    )
    async def ward(former_code: str, _: Annotated[Caller, Depends(get_caller)]) -> Response:
        divisions = load_divisions()
        former = divisions.former_wards.get(former_code)
        if former is None:
            raise NotFoundError(ProblemCode.WARD_UNKNOWN)
        content = orjson.dumps(former_ward_said(former, divisions).model_dump())
        return Response(content, media_type="application/json")

    return router


async def _chosen(
    desk: UnitDesk, caller: Caller, day: date, asked: UnitQuery | ExportQuery
) -> list[UnitVersion]:
    """Return the units of the day that the caller may see and the conditions let pass."""
    within = await desk.within(caller, day, asked.below)
    tree = desk.history.on(day)
    seen = tree if within is None else {unit_id: tree[unit_id] for unit_id in within}
    return Filter(kind=asked.kind, level=asked.level, text=asked.text).chosen(seen)
