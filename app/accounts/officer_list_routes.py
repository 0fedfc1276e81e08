"""Officers listed and exported over HTTP, each administrator's own units only."""

import unicodedata
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_desk import AdministrationDesk, Directory
from app.accounts.administration_routes import officer_answer
from app.accounts.administration_schemas import OfficerAnswer
from app.accounts.authentication import Caller
from app.accounts.exports import Conditions, ExportLog, FileFormat, ListName, exported, file_answer, given
from app.accounts.officer_list import (
    Filter,
    ListedOfficer,
    Status,
    every_officer,
    list_officers,
    narrowed,
    officer_table,
    within,
)
from app.accounts.refusals import Refusals
from app.accounts.routes import GetCaller
from app.accounts.sign_in import login_name_of
from app.accounts.trouble import database_trouble
from app.accounts.values import Role
from app.clock import Clock, local_day
from app.errors import InvalidRequestError, NotAllowedError, ProblemCode
from app.units.store import UnitRegister
from app.web.conditions import conditional
from app.web.openapi import problems
from app.web.problems import language_of

_USUAL_PAGE: Final = 50
_LARGEST_PAGE: Final = 200
_LONGEST_TEXT: Final = 100


class ListedOfficerAnswer(BaseModel):
    """One officer of a list; `missing` where incomplete accounts were asked for."""

    officer_id: str
    login_name: str
    full_name: str
    role: str
    unit_id: str | None
    unit_code: str | None
    unit_name: str | None
    status: str
    upstream_officer_code: str | None
    person_code: str | None
    missing: list[str]


class OfficerPage(BaseModel):
    """Some officers by login name; `next_cursor` leads to those that follow."""

    officers: list[ListedOfficerAnswer]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A query's conditions, as they were typed."""

    unit: Annotated[str | None, Query(description="a unit's agency code; units below it included")] = None
    role: Role | None = None
    status: Status | None = None
    text: Annotated[str | None, Query(max_length=_LONGEST_TEXT)] = None
    incomplete: bool = False

    def filter_for(self, caller: Caller, units: UnitRegister) -> Filter:
        """Return which officers the caller gets to see.

        Raises InvalidRequestError for a code that no unit bears, NotAllowedError for units of others.
        """
        text = unicodedata.normalize("NFC", self.text.strip()) if self.text else None
        if text and "\x00" in text:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/text",))
        wanted = Filter(None, self.role, self.status, text, self.incomplete)
        own = None if caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR else caller.unit.unit_id
        if own is not None:
            wanted = narrowed(wanted, within(units, own))
        if self.unit is None:
            return wanted
        code = self.unit.strip().upper()
        unit = next((one for one in units.units.values() if one.agency_code.upper() == code), None)
        if unit is None:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/unit",))
        if own is not None and not units.is_within(unit.unit_id, own):
            raise NotAllowedError(ProblemCode.OUTSIDE_OWN_UNITS)
        return narrowed(wanted, within(units, unit.unit_id))

    def conditions(self) -> Conditions:
        """Return what narrows the list, as records say it; what was typed into `text` they do not repeat.

        To be called once `filter_for` has found the unit: any other text is nobody's code.
        """
        unit = self.unit.strip().upper() if self.unit is not None else None
        named = {"unit": unit, "role": self.role, "status": self.status, "text": self.text}
        return given((named | {"incomplete": self.incomplete}).items())


def officer_list_router(
    engine: AsyncEngine,
    directory: Directory,
    desk: AdministrationDesk,
    refusals: Refusals,
    exports: ExportLog,
    clock: Clock,
    get_viewer: GetCaller,
) -> APIRouter:
    """Return the routes about many officers; they stand before those about one."""
    router = APIRouter(tags=["administration"])
    wrong = (ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.OUTSIDE_OWN_UNITS, ProblemCode.INVALID_VALUE)

    @router.get(
        "/v1/officers",
        summary="Officers, filtered, by login name; with `login_name` the one who bears it",
        response_model=None,
        responses={
            200: {"model": OfficerPage | OfficerAnswer},
            **problems(*wrong, ProblemCode.OFFICER_UNKNOWN),
        },
    )
    async def find(
        request: Request,
        caller: Annotated[Caller, Depends(get_viewer)],
        asked: Annotated[Asked, Depends()],
        login_name: str | None = None,
        cursor: str | None = None,
        page_size: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = _USUAL_PAGE,
    ) -> Response:
        if login_name is not None:
            with database_trouble():
                view = await desk.view(caller, desk.officer_id_of(login_name_of(login_name)))
            return officer_answer(view, language_of(request.headers.get("accept-language")))
        units, after = directory.units.current, _after(cursor)
        async with refusals(caller):
            wanted = asked.filter_for(caller, units)
        with database_trouble():
            async with engine.connect() as connection:
                today = local_day(clock.now())
                found = await list_officers(connection, wanted, today, after=after, most=page_size + 1)
        page = OfficerPage(
            officers=[_shown(one, units) for one in found[:page_size]],
            next_cursor=_cursor(found[page_size - 1].login_name) if len(found) > page_size else None,
        )
        return conditional(request, page)

    @router.get(
        "/v1/officers/export",
        summary="Officers, filtered, as a file in the order of the official list form",
        response_model=None,
        responses={**file_answer(), **problems(*wrong)},
    )
    async def export(
        caller: Annotated[Caller, Depends(get_viewer)],
        asked: Annotated[Asked, Depends()],
        format: FileFormat = FileFormat.XLSX,  # noqa: A002 - the parameter's name in the contract
    ) -> Response:
        units, today = directory.units.current, local_day(clock.now())
        async with refusals(caller):
            wanted = asked.filter_for(caller, units)
        with database_trouble():
            async with engine.connect() as connection:
                officers = [one async for one in every_officer(connection, wanted, today)]
        table = officer_table(officers, units, is_incomplete=wanted.incomplete)
        return await exported(exports, caller, ListName.OFFICERS, asked.conditions(), table, format)

    return router


def _shown(officer: ListedOfficer, units: UnitRegister) -> ListedOfficerAnswer:
    unit = units.find(officer.unit_id)
    return ListedOfficerAnswer(
        officer_id=str(officer.officer_id),
        login_name=officer.login_name,
        full_name=officer.full_name,
        role=officer.role.value,
        unit_id=str(officer.unit_id) if officer.unit_id else None,
        unit_code=unit.agency_code if unit else None,
        unit_name=unit.name if unit else None,
        status=officer.status.value,
        upstream_officer_code=officer.upstream_officer_code,
        person_code=officer.person_code,
        missing=[one.value for one in officer.missing],
    )


def _cursor(login_name: str) -> str:
    return urlsafe_b64encode(login_name.encode()).decode()


def _after(cursor: str | None) -> str:
    """Return the login name a page begins after; InvalidRequestError for a cursor that is none of ours."""
    if not cursor:
        return ""
    try:
        name = b64decode(cursor.encode(), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        name = "\x00"
    if not name.isprintable():
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/cursor",))
    return name
