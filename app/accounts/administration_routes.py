"""Officers' accounts over HTTP, for administrators: seen, suspended, given roles, signed out."""

from typing import Annotated, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_desk import AdministrationDesk, OfficerView
from app.accounts.administration_schemas import (
    OfficerAnswer,
    OfficerSession,
    OfficerSessions,
    RoleChangeRequest,
    SuspensionRequest,
)
from app.accounts.authentication import Caller
from app.accounts.rejections import Rejections
from app.accounts.reset_desk import ResetDesk
from app.accounts.routes import GetCaller
from app.accounts.sessions import Session
from app.accounts.trouble import database_trouble
from app.accounts.unit_notice_texts import REASONS
from app.clock import rfc3339
from app.errors import NotFoundError, ProblemCode
from app.web.bodies import read_json
from app.web.conditions import etag, expected_version
from app.web.openapi import body_of, problems
from app.web.problem_texts import Language
from app.web.problems import language_of

MAX_BODY_BYTES: Final = 8192
_ON_OFFICER: Final = (
    ProblemCode.OFFICER_UNKNOWN,
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.OUTSIDE_OWN_UNITS,
)
_ON_CHANGE: Final = (
    *_ON_OFFICER,
    ProblemCode.OWN_ACCOUNT,
    ProblemCode.ROLE_OUT_OF_REACH,
    ProblemCode.NOTHING_TO_CHANGE,
    ProblemCode.IF_MATCH_NEEDED,
    ProblemCode.VERSION_OUTDATED,
)


def administration_router(
    desk: AdministrationDesk,
    resets: ResetDesk,
    rejections: Rejections,
    get_viewer: GetCaller,
    get_suspender: GetCaller,
    get_role_changer: GetCaller,
    get_session_ender: GetCaller,
    get_approver: GetCaller,
) -> APIRouter:
    """Return the routes about single officers; each names in its signature who may call it."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/officers/{officer_id}",
        summary="One officer",
        response_model=None,
        responses={200: {"model": OfficerAnswer}, **problems(*_ON_OFFICER)},
    )
    async def show(
        officer_id: str, request: Request, caller: Annotated[Caller, Depends(get_viewer)]
    ) -> Response:
        with database_trouble():
            found = await desk.view(caller, officer_id_in(officer_id))
        return officer_answer(found, language_of(request.headers.get("accept-language")))

    @router.post(
        "/v1/officers/{officer_id}/suspension",
        summary="Suspend an officer; every process refuses them within a second",
        openapi_extra=body_of(SuspensionRequest),
        response_model=None,
        status_code=204,
        responses=problems(*_ON_CHANGE),
    )
    async def suspend(
        officer_id: str, request: Request, caller: Annotated[Caller, Depends(get_suspender)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, SuspensionRequest, max_bytes=MAX_BODY_BYTES)
            version = expected_version(request)
        with database_trouble():
            return _changed(await desk.suspend(caller, officer_id_in(officer_id), version, body.reason))

    @router.delete(
        "/v1/officers/{officer_id}/suspension",
        summary="Lift a suspension",
        response_model=None,
        status_code=204,
        responses=problems(*_ON_CHANGE, ProblemCode.PERSON_HAS_ANOTHER_ACCOUNT),
    )
    async def resume(
        officer_id: str, request: Request, caller: Annotated[Caller, Depends(get_suspender)]
    ) -> Response:
        async with rejections(caller):
            version = expected_version(request)
        with database_trouble():
            return _changed(await desk.resume(caller, officer_id_in(officer_id), version))

    @router.put(
        "/v1/officers/{officer_id}/role",
        summary="Give another role, where one administrator may; sessions end",
        openapi_extra=body_of(RoleChangeRequest),
        response_model=None,
        status_code=204,
        responses=problems(
            *_ON_CHANGE,
            ProblemCode.SECOND_PERSON_NEEDED,
            ProblemCode.PERSON_CODE_NEEDED,
            ProblemCode.PERSON_HAS_ANOTHER_ACCOUNT,
        ),
    )
    async def change_role(
        officer_id: str, request: Request, caller: Annotated[Caller, Depends(get_role_changer)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, RoleChangeRequest, max_bytes=MAX_BODY_BYTES)
            version, changed = expected_version(request), officer_id_in(officer_id)
            with database_trouble():
                done = await desk.change_role(caller, changed, version, body.role, body.person_code)
        return _changed(done)

    @router.get(
        "/v1/officers/{officer_id}/sessions",
        summary="An officer's open sessions",
        response_model=None,
        responses={200: {"model": OfficerSessions}, **problems(*_ON_OFFICER)},
    )
    async def sessions(officer_id: str, caller: Annotated[Caller, Depends(get_viewer)]) -> Response:
        with database_trouble():
            lasting = await desk.open_sessions(caller, officer_id_in(officer_id))
        answer = OfficerSessions(sessions=[_session(session) for session in lasting])
        return Response(orjson.dumps(answer.model_dump()), media_type="application/json")

    @router.delete(
        "/v1/officers/{officer_id}/sessions",
        summary="End all of an officer's sessions",
        response_model=None,
        status_code=204,
        responses=problems(*_ON_CHANGE),
    )
    async def end_sessions(
        officer_id: str, request: Request, caller: Annotated[Caller, Depends(get_session_ender)]
    ) -> Response:
        async with rejections(caller):
            version = expected_version(request)
        with database_trouble():
            return _changed(await desk.end_sessions(caller, officer_id_in(officer_id), version))

    @router.delete(
        "/v1/officers/{officer_id}/second-factor-reset",
        summary="Cancel a pending reset of an officer's second factor",
        response_model=None,
        status_code=204,
        responses=problems(
            *_ON_OFFICER, ProblemCode.OWN_ACCOUNT, ProblemCode.ROLE_OUT_OF_REACH, ProblemCode.RESET_UNKNOWN
        ),
    )
    async def cancel_reset(officer_id: str, caller: Annotated[Caller, Depends(get_approver)]) -> Response:
        with database_trouble():
            await resets.cancel(caller, officer_id_in(officer_id))
        return Response(status_code=204)

    return router


def officer_id_in(text: str) -> UUID:
    """Return an officer's id out of a path; NotFoundError(OFFICER_UNKNOWN) for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(ProblemCode.OFFICER_UNKNOWN) from None


def _changed(version: int) -> Response:
    return Response(status_code=204, headers={"ETag": etag(version)})


def officer_answer(view: OfficerView, language: Language) -> Response:
    """Return one account as an answer, with its version as ETag."""
    officer, unit = view.account.officer, view.unit
    answer = OfficerAnswer(
        officer_id=str(officer.officer_id),
        login_name=officer.login_name,
        full_name=officer.full_name,
        role=officer.role.value,
        kind=officer.kind.value,
        unit_id=str(officer.unit_id) if officer.unit_id else None,
        unit_code=unit.agency_code if unit else None,
        unit_name=unit.name if unit else None,
        status=view.account.status,
        status_reason=view.status_reason.value if view.status_reason else None,
        status_text=REASONS[view.status_reason][language] if view.status_reason else None,
        person_code=officer.person_code,
        has_second_factor=officer.has_second_factor,
        locked_until=rfc3339(view.locked_until) if view.locked_until else None,
        last_sign_in_at=rfc3339(view.last_sign_in_at) if view.last_sign_in_at else None,
        version=view.account.version,
    )
    headers = {"ETag": etag(view.account.version)}
    return Response(orjson.dumps(answer.model_dump()), headers=headers, media_type="application/json")


def _session(session: Session) -> OfficerSession:
    return OfficerSession(
        session_id=str(session.session_id),
        client_id=session.client_id,
        address=session.address,
        assurance=session.assurance,
        started_at=rfc3339(session.started_at),
        last_active_at=rfc3339(session.last_active_at),
    )
