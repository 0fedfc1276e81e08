"""What an officer sees of themselves: profile and permitted procedures."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.access_rules import ASSURANCE_ASSERTED, AccessRules
from app.accounts.authentication import Caller
from app.accounts.notices import NoticeBook
from app.accounts.password_policy import WARNING_DAYS, days_left
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.clock import Clock, local_day, rfc3339
from app.database.live import LiveView
from app.procedures.store import Catalogue
from app.web.problems import language_of


class PermittedProcedure(BaseModel):
    """A procedure the officer may look up for, and the fields it shows."""

    procedure_code: str
    name: str
    fields: list[str]


class OwnNotice(BaseModel):
    """What was done to the officer's account; without `notice_id` it is told until it is over."""

    notice_id: str | None
    code: str
    text: str
    at: str


class Profile(BaseModel):
    """The signed-in officer; `must_first` names what they must do before anything else, if anything."""

    login_name: str
    full_name: str
    role: str
    unit_name: str
    unit_code: str
    password_expires_at: str
    password_days_left: int
    password_warning: bool
    has_second_factor: bool
    must_first: str | None
    notices: list[OwnNotice]
    procedures: list[PermittedProcedure]


def me_router(
    catalogue: LiveView[Catalogue],
    rules: AccessRules,
    notices: NoticeBook,
    get_caller: GetCaller,
    clock: Clock,
) -> APIRouter:
    """Return `GET /v1/me` for any signed-in officer."""
    router = APIRouter(tags=["officer"])

    @router.get(
        "/v1/me",
        summary="The signed-in officer and the procedures they may look up for",
        response_model=None,
        responses={200: {"model": Profile}},
    )
    async def me(request: Request, caller: Annotated[Caller, Depends(get_caller)]) -> Response:
        now = clock.now()
        language = language_of(request.headers.get("accept-language"))
        with database_trouble():
            unread = await notices.unread(caller.officer.officer_id)
        permitted = catalogue.current.granted_to(caller.unit.unit_id, caller.officer.role, local_day(now))
        ends_at = rules.password_expires_at(caller.officer)
        days = days_left(now, ends_at)
        profile = Profile(
            login_name=caller.officer.login_name,
            full_name=caller.officer.full_name,
            role=caller.officer.role.value,
            unit_name=caller.unit.name,
            unit_code=caller.unit.agency_code,
            password_expires_at=rfc3339(ends_at),
            password_days_left=days,
            password_warning=days <= WARNING_DAYS and caller.assurance != ASSURANCE_ASSERTED,
            has_second_factor=caller.officer.has_second_factor,
            must_first=rules.restriction(caller.officer, now, caller.assurance),
            notices=[OwnNotice.model_validate(notice.shown(language)) for notice in unread],
            procedures=[
                PermittedProcedure(
                    procedure_code=procedure.procedure_code,
                    name=procedure.name,
                    fields=sorted(procedure.permitted_fields),
                )
                for procedure in permitted
                if caller.client.may_use(procedure.procedure_code)
            ],
        )
        return Response(orjson.dumps(profile.model_dump()), media_type="application/json")

    return router
