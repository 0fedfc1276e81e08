"""What was asked of citizens after lookups, over HTTP: officers state it, heads of units list it."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.exports import ExportedTable, ExportLog, FileFormat, ListName, exported, file_answer, given
from app.accounts.refusals import Refusals
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.accounts.units_in_reach import reachable_unit, units_and_formers
from app.accounts.values import Role
from app.clock import VIETNAM
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.follow_up import FollowUpDesk, Statement
from app.lookup.follow_up_schemas import (
    EXPORT_HEADINGS,
    AskedPage,
    FollowUpAnswer,
    FollowUpRequest,
    asked_answer,
    export_row,
    follow_up_answer,
)
from app.lookup.follow_up_store import Place, Wanted, every_asked, list_asked
from app.lookup.parsing import parse_purpose
from app.lookup.routes import parse_lookup_id
from app.web.bodies import read_json
from app.web.openapi import body_of, problems

_MAX_BODY_BYTES: Final = 8 * 1024
_USUAL_PAGE: Final = 50
_LARGEST_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A query's conditions, as they were typed; days are Vietnam's, both included."""

    unit: Annotated[str | None, Query(description="a unit's id or code; units below it included")] = None
    from_day: date | None = None
    to_day: date | None = None
    against_ruling: Annotated[
        bool, Query(description="only where the lookup did not allow it, such as found")
    ] = False

    def wanted_by(self, caller: Caller, directory: Directory) -> Wanted:
        """Return what the caller gets to see; NotFoundError (no such unit), NotAllowedError (of others)."""
        is_department = caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR
        unit_ids: frozenset[UUID] | None = None
        if self.unit is not None or not is_department:
            named = self.unit if self.unit is not None else str(caller.unit.unit_id)
            unit = reachable_unit(directory, caller, named)
            unit_ids = units_and_formers(directory.units.current, unit.unit_id)
        until = _midnight(self.to_day, days=1)
        return Wanted(unit_ids, _midnight(self.from_day), until, self.against_ruling)


def follow_up_router(desk: FollowUpDesk, rejections: Rejections, get_caller: GetCaller) -> APIRouter:
    """Return the route by which an officer states what was asked for."""
    router = APIRouter(tags=["lookup"])

    @router.post(
        "/v1/residence-lookups/{lookup_id}/follow-up",
        summary="State whether paper was asked of the citizen after one's own lookup, which, and why",
        openapi_extra=body_of(FollowUpRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": FollowUpAnswer},
            **problems(
                ProblemCode.LOOKUP_UNKNOWN, ProblemCode.LOOKUP_NOT_ENDED, ProblemCode.FOLLOW_UP_RECORDED
            ),
        },
    )
    async def follow_up(
        lookup_id: str, request: Request, caller: Annotated[Caller, Depends(get_caller)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, FollowUpRequest, max_bytes=_MAX_BODY_BYTES)
            note = parse_purpose(body.note, "/note") if body.note is not None else None
            statement = Statement(body.paper_asked, body.which, body.why, note)
            with database_trouble():
                recorded = await desk.state(caller, parse_lookup_id(lookup_id), statement)
        answer = follow_up_answer(recorded).model_dump()
        return Response(orjson.dumps(answer), 201, media_type="application/json")

    return router


def paper_asked_router(
    engine: AsyncEngine,
    directory: Directory,
    refusals: Refusals,
    exports: ExportLog,
    get_viewer: GetCaller,
) -> APIRouter:
    """Return the routes by which heads of units and the department see where paper was asked for."""
    router = APIRouter(tags=["administration"])
    wrong = (
        ProblemCode.ROLE_NOT_PERMITTED,
        ProblemCode.UNIT_UNKNOWN,
        ProblemCode.OUTSIDE_OWN_UNITS,
        ProblemCode.INVALID_VALUE,
    )

    @router.get(
        "/v1/paper-asked",
        summary="Where paper was asked of citizens, the newest first; no citizen data",
        response_model=None,
        responses={200: {"model": AskedPage}, **problems(*wrong)},
    )
    async def asked(
        caller: Annotated[Caller, Depends(get_viewer)],
        query: Annotated[Asked, Depends()],
        cursor: str | None = None,
        page_size: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = _USUAL_PAGE,
    ) -> Response:
        after = _after(cursor)
        async with refusals(caller):
            wanted = query.wanted_by(caller, directory)
        with database_trouble():
            async with engine.connect() as connection:
                found = await list_asked(connection, wanted, after=after, most=page_size + 1)
        shown, accounts, units = found[:page_size], directory.accounts.current, directory.units.current
        page = AskedPage(
            asked=[asked_answer(one, accounts, units) for one in shown],
            next_cursor=_cursor((shown[-1].recorded_at, shown[-1].lookup_id))
            if len(found) > page_size
            else None,
        )
        return Response(orjson.dumps(page.model_dump()), media_type="application/json")

    @router.get(
        "/v1/paper-asked/export",
        summary="The same as a file",
        response_model=None,
        responses={**file_answer(), **problems(*wrong, ProblemCode.AUDIT_UNAVAILABLE)},
    )
    async def export(
        caller: Annotated[Caller, Depends(get_viewer)],
        query: Annotated[Asked, Depends()],
        format: FileFormat = FileFormat.XLSX,  # noqa: A002 - the parameter's name in the contract
    ) -> Response:
        async with refusals(caller):
            wanted = query.wanted_by(caller, directory)
        with database_trouble():
            rows = [row async for row in _rows(engine, wanted, directory)]
        table = ExportedTable("yeu-cau-giay-to", "Yêu cầu giấy tờ", EXPORT_HEADINGS, rows)
        conditions = given(asdict(query).items())
        return await exported(exports, caller, ListName.PAPER_ASKED, conditions, table, format)

    return router


async def _rows(engine: AsyncEngine, wanted: Wanted, directory: Directory) -> AsyncIterator[tuple[str, ...]]:
    accounts, units = directory.accounts.current, directory.units.current
    async for follow_up in every_asked(engine, wanted):
        yield export_row(follow_up, accounts, units)


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=days), time(), VIETNAM)
    except OverflowError:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/from_day", "/to_day")) from None


def _cursor(place: Place) -> str:
    return urlsafe_b64encode(f"{place[0].isoformat()}|{place[1]}".encode()).decode()


def _after(cursor: str | None) -> Place | None:
    """Return where a page begins; InvalidRequestError for a cursor that is none of ours."""
    if not cursor:
        return None
    try:
        instant, _, lookup_id = (
            b64decode(cursor.encode(), altchars=b"-_", validate=True).decode().partition("|")
        )
        place = datetime.fromisoformat(instant), UUID(lookup_id)
    except ValueError:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",)) from None
    if place[0].utcoffset() is None:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",))
    return place
