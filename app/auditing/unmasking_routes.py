"""Showing the person of one lookup, by two auditors, over HTTP."""

from typing import Annotated, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.approval_routes import Decision
from app.accounts.authentication import Caller
from app.accounts.refusals import Refusals
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.auditing.criteria import parse_case_number
from app.auditing.schemas import UnmaskedPerson, UnmaskingAnswer, UnmaskingRequest, Unmaskings
from app.auditing.unmasking import Unmasking
from app.auditing.unmasking_desk import UnmaskingDesk
from app.clock import rfc3339
from app.errors import GatewayError, NotFoundError, ProblemCode
from app.web.bodies import read_json
from app.web.openapi import body_of, problems

_PATH: Final = "/v1/audit/unmaskings"
_NO_STORE: Final = {"Cache-Control": "no-store"}
_ANY: Final = (
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.AUDITING_NOT_SERVED,
    ProblemCode.AUDIT_UNAVAILABLE,
)


def unmasking_router(
    desk: UnmaskingDesk | None,
    get_auditor: GetCaller,
    rejections: Rejections,
    refusals: Refusals,
    *,
    max_body_bytes: int,
) -> APIRouter:
    """Return the routes by which persons are shown; without *desk* they say that audits are not read here."""
    router = APIRouter(tags=["auditing"])

    def served() -> UnmaskingDesk:
        if desk is None:
            raise GatewayError(ProblemCode.AUDITING_NOT_SERVED)
        return desk

    @router.post(
        _PATH,
        summary="Ask that the person of one lookup be shown",
        openapi_extra=body_of(UnmaskingRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": UnmaskingAnswer},
            **problems(
                *_ANY,
                ProblemCode.OWN_RECORDS,
                ProblemCode.AUDITED_LOOKUP_UNKNOWN,
                ProblemCode.PERSON_NOT_READABLE,
                ProblemCode.INVALID_VALUE,
                ProblemCode.AUDIT_QUOTA_REACHED,
            ),
        },
    )
    async def ask(request: Request, caller: Annotated[Caller, Depends(get_auditor)]) -> Response:
        there = served()
        async with rejections(caller), refusals(caller):
            body, _ = await read_json(request, UnmaskingRequest, max_bytes=max_body_bytes)
            case_number = parse_case_number(body.case_number)
            lookup_id = _id(body.lookup_id, ProblemCode.AUDITED_LOOKUP_UNKNOWN)
            with database_trouble():
                unmasking = await there.ask(caller, lookup_id, case_number, body.reason)
        return _json(_shown(there, unmasking, may_decide=False), status=201)

    @router.get(
        _PATH,
        summary="What is open or readable: one's own, and what one may decide; nobody is shown",
        response_model=None,
        responses={200: {"model": Unmaskings}, **problems(*_ANY)},
    )
    async def current(caller: Annotated[Caller, Depends(get_auditor)]) -> Response:
        there = served()
        with database_trouble():
            found = await there.current(caller)
        return _json(Unmaskings(unmaskings=[_shown(there, one, may_decide=may) for one, may in found]))

    @router.post(
        _PATH + "/{unmasking_id}/decision",
        summary="Approve or refuse what another auditor asked for",
        openapi_extra=body_of(Decision),
        response_model=None,
        status_code=204,
        responses=problems(
            *_ANY,
            ProblemCode.SECOND_PERSON_NEEDED,
            ProblemCode.OWN_RECORDS,
            ProblemCode.UNMASKING_UNKNOWN,
            ProblemCode.UNMASKING_CLOSED,
        ),
    )
    async def decide(
        unmasking_id: str, request: Request, caller: Annotated[Caller, Depends(get_auditor)]
    ) -> Response:
        there = served()
        async with rejections(caller), refusals(caller):
            body, _ = await read_json(request, Decision, max_bytes=max_body_bytes)
            named = _id(unmasking_id, ProblemCode.UNMASKING_UNKNOWN)
            with database_trouble():
                await there.decide(caller, named, approves=body.approve)
        return Response(status_code=204)

    @router.post(
        _PATH + "/{unmasking_id}/reading",
        summary="Read the person, as whoever asked, while it is approved; each reading counts",
        response_model=None,
        responses={
            200: {"model": UnmaskedPerson},
            **problems(
                *_ANY,
                ProblemCode.UNMASKING_UNKNOWN,
                ProblemCode.UNMASKING_NOT_READABLE,
                ProblemCode.PERSON_NOT_READABLE,
            ),
        },
    )
    async def read(unmasking_id: str, caller: Annotated[Caller, Depends(get_auditor)]) -> Response:
        there = served()
        named = _id(unmasking_id, ProblemCode.UNMASKING_UNKNOWN)
        with database_trouble():
            reading = await there.read(caller, named)
        until = reading.unmasking.readable_until
        return _json(
            UnmaskedPerson(
                lookup_id=str(reading.unmasking.lookup_id),
                person=dict(reading.person),
                readable_until=rfc3339(until) if until is not None else "",
                readings_left=reading.readings_left,
            )
        )

    return router


def _id(text: str, unknown: ProblemCode) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(unknown) from None


def _shown(desk: UnmaskingDesk, one: Unmasking, *, may_decide: bool) -> UnmaskingAnswer:
    return UnmaskingAnswer(
        unmasking_id=str(one.unmasking_id),
        lookup_id=str(one.lookup_id),
        case_number=one.case_number,
        reason=one.reason,
        requested_by=desk.login_name(one.requested_by),
        requested_at=rfc3339(one.requested_at),
        expires_at=rfc3339(one.expires_at),
        state=one.state.value,
        decided_by=desk.login_name(one.decided_by),
        readable_until=rfc3339(one.readable_until) if one.readable_until is not None else None,
        readings_left=one.readings_left,
        may_decide=may_decide,
    )


def _json(answer: BaseModel, status: int = 200) -> Response:
    return Response(orjson.dumps(answer.model_dump()), status, _NO_STORE, "application/json")
