"""One officer registered over HTTP, by the rules of a list with one row."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_routes import MAX_BODY_BYTES
from app.accounts.authentication import Caller
from app.accounts.life_schemas import Day, UnitName, Words
from app.accounts.registering_one import one_row
from app.accounts.registration.form import Column
from app.accounts.registration_desk import RegistrationDesk
from app.accounts.registration_routes import importer_of
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.database.live import LiveView
from app.errors import ProblemCode
from app.units.store import UnitRegister
from app.web.bodies import Body, read_json
from app.web.conditions import etag
from app.web.openapi import body_of, problems


class NewOfficerRequest(Body):
    """An officer to register; `position` as in the official form, `unit` an id or agency code."""

    login_name: Annotated[str, Field(min_length=1, max_length=100)]
    full_name: Annotated[str, Field(min_length=1, max_length=200)]
    unit: UnitName
    position: Annotated[str, Field(min_length=1, max_length=100)]
    upstream_officer_code: Annotated[str, Field(max_length=100)] | None = None
    person_code: Annotated[str, Field(max_length=100)] | None = None
    document_number: Words | None = None
    effective_on: Day | None = None


class RegisteredAnswer(BaseModel):
    """Who was registered; `version` is the number inside the ETag."""

    officer_id: str
    login_name: str
    version: int


def officer_registration_router(
    desk: RegistrationDesk, units: LiveView[UnitRegister], rejections: Rejections, get_registrar: GetCaller
) -> APIRouter:
    """Return the route for who may register officers by list, too."""
    router = APIRouter(tags=["administration"])

    @router.post(
        "/v1/officers",
        summary="Register one officer, without a password; activation codes come by a handover",
        openapi_extra=body_of(NewOfficerRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": RegisteredAnswer},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.OFFICER_REFUSED,
                ProblemCode.OFFICER_EXISTS,
                ProblemCode.LIST_BUSY,
            ),
        },
    )
    async def register(request: Request, caller: Annotated[Caller, Depends(get_registrar)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, NewOfficerRequest, max_bytes=MAX_BODY_BYTES)
            asked = one_row(
                {
                    Column.LOGIN_NAME: body.login_name,
                    Column.FULL_NAME: body.full_name,
                    Column.AGENCY_CODE: _code_of(units.current, body.unit),
                    Column.POSITION: body.position,
                    Column.UPSTREAM_OFFICER_CODE: body.upstream_officer_code,
                    Column.PERSON_CODE: body.person_code,
                    Column.DOCUMENT_NUMBER: body.document_number,
                    Column.EFFECTIVE_DATE: body.effective_on,
                }
            )
            with database_trouble():
                officer_id, version = await desk.register(asked, importer_of(caller))
        login_name = body.login_name.strip().lower()
        answer = RegisteredAnswer(officer_id=str(officer_id), login_name=login_name, version=version)
        headers = {"Location": f"/v1/officers/{officer_id}", "ETag": etag(version)}
        return Response(orjson.dumps(answer.model_dump()), 201, headers, "application/json")

    return router


def _code_of(units: UnitRegister, text: str) -> str:
    """Return the code of the unit of today with this id; any other text is taken for a code."""
    try:
        unit = units.find(UUID(text))
    except ValueError:
        return text
    return unit.agency_code if unit is not None else text
