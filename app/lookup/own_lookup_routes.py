"""An officer's own lookups over HTTP; reading one's own is not on record (decision 33)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.clock import VIETNAM, Clock, local_day, rfc3339
from app.database.live import LiveView
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.own_lookups import OwnLookup, Place, Span, own_lookups
from app.units.store import UnitRegister
from app.web.cursors import cursor_of, place_in
from app.web.openapi import problems
from app.web.queries import read_query
from app.web.refused_values import PeriodTooLongError

_FIRST_DAY: Final = date(2000, 1, 1)  # within these, no reckoning with days leaves the calendar
_LAST_DAY: Final = date(2199, 12, 31)
_Day = Annotated[date, Field(ge=_FIRST_DAY, le=_LAST_DAY)]
_USUAL_DAYS: Final = timedelta(days=90)
_MOST_DAYS: Final = timedelta(days=366)


class OwnLookupQuery(BaseModel):
    """Which days in Vietnam, a year at most, and which page."""

    model_config = ConfigDict(hide_input_in_errors=True)

    from_day: _Day | None = None
    to_day: _Day | None = None
    page_size: int = Field(default=50, ge=1, le=200)
    cursor: Annotated[str, Field(max_length=400)] | None = None


class OwnLookupAnswer(BaseModel):
    """One lookup or verification of one's own; nothing of the citizen is kept where it could be shown."""

    lookup_id: str
    asked_at: str
    unit_code: str | None = Field(description="today's code of the unit; null where there is none any more")
    unit_name: str | None
    unit_id: str | None
    client_id: str | None
    address: str | None = Field(description="from where the client software called")
    procedure_code: str | None
    dossier_code: str | None
    outcome: str | None = Field(description="null while it runs")
    problem_code: str | None


class OwnLookupPage(BaseModel):
    """One's own lookups, newest first."""

    lookups: list[OwnLookupAnswer]
    next_cursor: str | None


def own_lookup_router(
    engine: AsyncEngine,
    units: LiveView[UnitRegister],
    rejections: Rejections,
    clock: Clock,
    get_caller: GetCaller,
) -> APIRouter:
    """Return the route for every officer; who may not look up finds what they did before."""
    router = APIRouter(tags=["officer"])

    @router.get(
        "/v1/me/lookups",
        summary="One's own lookups and verifications, newest first; no citizen data",
        response_model=None,
        responses={
            200: {"model": OwnLookupPage},
            **problems(ProblemCode.INVALID_VALUE, ProblemCode.PERIOD_TOO_LONG, ProblemCode.AUDIT_UNAVAILABLE),
        },
    )
    async def lookups(
        caller: Annotated[Caller, Depends(get_caller)],
        from_day: Annotated[str | None, Query(description="in Vietnam; 90 days back by default")] = None,
        to_day: Annotated[str | None, Query(description="in Vietnam; today by default")] = None,
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            query = read_query(
                OwnLookupQuery, from_day=from_day, to_day=to_day, page_size=page_size, cursor=cursor
            )
            span = _span(query, local_day(clock.now()))
        found = await own_lookups(engine, caller.officer.officer_id, span, most=query.page_size + 1)
        page = found[: query.page_size]
        last = page[-1] if len(found) > query.page_size else None
        answer = OwnLookupPage(
            lookups=[_said(one, units.current) for one in page],
            next_cursor=cursor_of((last.asked_at.isoformat(), str(last.lookup_id))) if last else None,
        )
        return Response(orjson.dumps(answer.model_dump()), media_type="application/json")

    return router


def _span(query: OwnLookupQuery, today: date) -> Span:
    last = query.to_day or today
    first = query.from_day or last - _USUAL_DAYS
    if not timedelta() <= last - first <= _MOST_DAYS:
        raise PeriodTooLongError(_MOST_DAYS)
    since, before = (datetime.combine(day, time(), VIETNAM) for day in (first, last + timedelta(days=1)))
    return Span(since, before, _place(query.cursor) if query.cursor is not None else None)


def _place(cursor: str) -> Place:
    """Return where a page begins; InvalidRequestError for a cursor that is none of ours."""
    asked_at, lookup_id = place_in(cursor, ("", ""))
    try:
        at = datetime.fromisoformat(asked_at)
        if at.utcoffset() is not None:
            return at.astimezone(UTC), UUID(lookup_id)
    except (ValueError, OverflowError):
        pass  # answered below, where no cause that repeats the cursor rides along
    raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",))


def _said(one: OwnLookup, units: UnitRegister) -> OwnLookupAnswer:
    unit = units.find(one.unit_id)
    return OwnLookupAnswer(
        lookup_id=str(one.lookup_id),
        asked_at=rfc3339(one.asked_at),
        unit_code=unit.agency_code if unit else None,
        unit_name=unit.name if unit else None,
        unit_id=str(one.unit_id) if one.unit_id else None,
        client_id=one.client_id,
        address=one.address,
        procedure_code=one.procedure_code,
        dossier_code=one.dossier_code,
        outcome=one.outcome,
        problem_code=one.problem_code,
    )
