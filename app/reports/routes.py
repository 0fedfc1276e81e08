"""Reports of use over HTTP, for administrators and auditors."""

from dataclasses import asdict, dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.exports import ExportLog, ListName, exported, file_answer, given
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.errors import ProblemCode
from app.reports.desk import UsageDesk
from app.reports.schemas import UsageAnswer, UsageExportQuery, UsageQuery, usage_said
from app.reports.sheets import usage_table
from app.web.conditions import conditional
from app.web.openapi import problems
from app.web.queries import read_query

_PROBLEMS: Final = (
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.UNIT_UNKNOWN,
    ProblemCode.OUTSIDE_OWN_UNITS,
    ProblemCode.INVALID_VALUE,
    ProblemCode.PERIOD_TOO_LONG,
    ProblemCode.AUDIT_UNAVAILABLE,
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query's conditions as they were typed."""

    from_day: Annotated[str | None, Query(description="first day, in Vietnam; a year back by default")] = None
    to_day: Annotated[str | None, Query(description="last day, in Vietnam; today by default")] = None
    unit: Annotated[
        str | None, Query(description="a unit's id or code; those below it and its predecessors included")
    ] = None
    level: Annotated[str | None, Query(description="province, district or commune, on the day")] = None
    trend: Annotated[str | None, Query(description="periods: day, week or month")] = None
    few: Annotated[str | None, Query(description="at most so many uses are few; 30 by default")] = None


def usage_router(
    desk: UsageDesk, rejections: Rejections, exports: ExportLog, get_viewer: GetCaller
) -> APIRouter:
    """Return the routes; what is seen on a screen is counts only, what leaves as a file is on record."""
    router = APIRouter(tags=["reports"])

    @router.get(
        "/v1/reports/usage",
        summary="How much units use lookups: who does not, departments against localities, the trend",
        response_model=None,
        responses={200: {"model": UsageAnswer}, **problems(*_PROBLEMS)},
    )
    async def usage(
        request: Request,
        caller: Annotated[Caller, Depends(get_viewer)],
        asked: Annotated[_Asked, Depends()],
    ) -> Response:
        async with rejections(caller):
            report = await desk.report(caller, read_query(UsageQuery, **asdict(asked)))
        return conditional(request, usage_said(report))

    @router.get(
        "/v1/reports/usage/export",
        summary="One part of the same as a file",
        response_model=None,
        responses={**file_answer(), **problems(*_PROBLEMS)},
    )
    async def export(
        caller: Annotated[Caller, Depends(get_viewer)],
        asked: Annotated[_Asked, Depends()],
        sheet: Annotated[str | None, Query(description="units, trend, procedures or channels")] = None,
        file_format: Annotated[str | None, Query(alias="format")] = None,
    ) -> Response:
        async with rejections(caller):
            query = read_query(UsageExportQuery, **asdict(asked), sheet=sheet, format=file_format)
            report = await desk.report(caller, query)
        conditions = given(
            {
                **query.model_dump(mode="json", exclude={"format", "unit", "from_day", "to_day"}),
                "unit": desk.unit_code(query.unit),
                "from_day": report.wanted.first_day,
                "to_day": report.wanted.last_day,
            }.items()
        )
        table = usage_table(report, query.sheet)
        return await exported(exports, caller, ListName.USAGE, conditions, table, query.format)

    return router
