"""Changes of grants over HTTP, for department administrators: one decision, or a whole list."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import ProblemCode
from app.procedures.grants.desk import GrantDesk
from app.procedures.grants.schemas import GrantAnswer, GrantChangeRequest
from app.procedures.grants.viewing import grant_said
from app.procedures.list_routes import add_list_route
from app.web.bodies import read_json
from app.web.conditions import etag, expected_version
from app.web.openapi import body_of, problems

_MAX_BODY_BYTES: Final = 8 * 1024


def grant_change_router(desk: GrantDesk, rejections: Rejections, get_manager: GetCaller) -> APIRouter:
    """Return the routes for those who may grant and withdraw."""
    router = APIRouter(tags=["grants"])

    add_list_route(
        router,
        "/v1/grants/import",
        "Check a list of grants and withdrawals, or carry it out: all rows or none",
        desk,
        rejections,
        get_manager,
    )

    @router.post(
        "/v1/grants/{unit_id}/{procedure_code}/changes",
        summary="Grant a procedure to a unit, change until when, or withdraw it",
        openapi_extra=body_of(GrantChangeRequest),
        response_model=None,
        responses={
            200: {"model": GrantAnswer},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.UNIT_UNKNOWN,
                ProblemCode.CATALOGUE_ENTRY_UNKNOWN,
                ProblemCode.GRANT_CHANGE_REFUSED,
                ProblemCode.NOTHING_TO_CHANGE,
                ProblemCode.IF_MATCH_NEEDED,
                ProblemCode.VERSION_OUTDATED,
            ),
        },
    )
    async def change(
        unit_id: str, procedure_code: str, request: Request, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, GrantChangeRequest, max_bytes=_MAX_BODY_BYTES)
            version = expected_version(request)
            with database_trouble():
                found, periods = await desk.change(caller, unit_id, procedure_code, version, body.root)
        answer = grant_said(found, procedure_code, periods, desk.today)
        headers = {"ETag": etag(answer.version)}
        return Response(orjson.dumps(answer.model_dump()), headers=headers, media_type="application/json")

    return router
