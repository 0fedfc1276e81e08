"""What officers do about their own account: password, second factor, sessions."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.password_desk import PasswordChange, PasswordDesk
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.second_factor_desk import SecondFactorDesk
from app.accounts.session_desk import SessionDesk
from app.accounts.trouble import database_trouble
from app.clock import rfc3339
from app.errors import NotFoundError, ProblemCode
from app.web.bodies import Body, read_json
from app.web.openapi import body_of, problems

_MAX_BODY_BYTES = 8192


class PasswordChangeRequest(Body):
    """The present password and the new one."""

    current_password: str = Field(max_length=1024)
    new_password: str = Field(max_length=1024)


class SecondFactorCode(Body):
    """A code out of the authenticator app."""

    code: str = Field(max_length=16)


class SecondFactorAnswer(BaseModel):
    """What an authenticator app needs; shown once."""

    secret: str
    uri: str
    qr_svg: str


class RecoveryCodes(BaseModel):
    """Codes for when the telephone is lost, each good once; shown once."""

    recovery_codes: list[str]


class OpenSession(BaseModel):
    """One of the officer's sessions that lasts."""

    session_id: str
    client_id: str
    address: str
    assurance: str
    started_at: str
    last_active_at: str
    is_this_one: bool


class OpenSessions(BaseModel):
    """The officer's sessions, newest first."""

    sessions: list[OpenSession]


def own_account_router(
    passwords: PasswordDesk,
    second_factors: SecondFactorDesk,
    sessions: SessionDesk,
    rejections: Rejections,
    get_restricted: GetCaller,
    get_self: GetCaller,
) -> APIRouter:
    """Return routes that also serve who must change a password, or set up a second factor, first.

    *get_self* is for what only officers may do who have signed in here themselves.
    """
    router = APIRouter(tags=["officer"])

    @router.post(
        "/v1/me/password",
        summary="Change one's password; every session ends",
        openapi_extra=body_of(PasswordChangeRequest),
        response_model=None,
        status_code=204,
        responses=problems(
            ProblemCode.PASSWORD_REFUSED,
            ProblemCode.CURRENT_PASSWORD_WRONG,
            ProblemCode.TOO_MANY_SIGN_INS,
            ProblemCode.SIGN_IN_BUSY,
            ProblemCode.OWN_SIGN_IN_NEEDED,
        ),
    )
    async def change_password(request: Request, caller: Annotated[Caller, Depends(get_self)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, PasswordChangeRequest, max_bytes=_MAX_BODY_BYTES)
            with database_trouble():
                await passwords.change(caller, PasswordChange(body.current_password, body.new_password))
        return Response(status_code=204)

    @router.post(
        "/v1/me/otp",
        summary="Begin to set up a second factor",
        response_model=None,
        responses={200: {"model": SecondFactorAnswer}, **problems(ProblemCode.SECOND_FACTOR_PRESENT)},
    )
    async def begin_second_factor(caller: Annotated[Caller, Depends(get_self)]) -> Response:
        with database_trouble():
            enrolment = await second_factors.begin(caller)
        answer = SecondFactorAnswer(secret=enrolment.secret, uri=enrolment.uri, qr_svg=enrolment.qr_svg)
        return _json(answer)

    @router.post(
        "/v1/me/otp/confirmation",
        summary="Make the second factor count, with a first code of it",
        openapi_extra=body_of(SecondFactorCode),
        response_model=None,
        responses={
            200: {"model": RecoveryCodes},
            **problems(ProblemCode.OTP_WRONG, ProblemCode.SECOND_FACTOR_PRESENT),
        },
    )
    async def confirm_second_factor(
        request: Request, caller: Annotated[Caller, Depends(get_self)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, SecondFactorCode, max_bytes=_MAX_BODY_BYTES)
            with database_trouble():
                codes = await second_factors.confirm(caller, body.code)
        return _json(RecoveryCodes(recovery_codes=codes))

    @router.get(
        "/v1/me/sessions",
        summary="One's own sessions",
        response_model=None,
        responses={200: {"model": OpenSessions}},
    )
    async def own_sessions(caller: Annotated[Caller, Depends(get_restricted)]) -> Response:
        with database_trouble():
            lasting = await sessions.open_sessions(caller)
        return _json(
            OpenSessions(
                sessions=[
                    OpenSession(
                        session_id=str(session.session_id),
                        client_id=session.client_id,
                        address=session.address,
                        assurance=session.assurance,
                        started_at=rfc3339(session.started_at),
                        last_active_at=rfc3339(session.last_active_at),
                        is_this_one=session.session_id == caller.session_id,
                    )
                    for session in lasting
                ]
            )
        )

    @router.delete(
        "/v1/me/sessions/{session_id}",
        summary="End one of one's own sessions",
        response_model=None,
        status_code=204,
        responses=problems(ProblemCode.SESSION_UNKNOWN),
    )
    async def end_session(session_id: str, caller: Annotated[Caller, Depends(get_restricted)]) -> Response:
        with database_trouble():
            await sessions.end_own(caller, _parse_session_id(session_id))
        return Response(status_code=204)

    return router


def _parse_session_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(ProblemCode.SESSION_UNKNOWN) from None


def _json(answer: BaseModel) -> Response:
    return Response(orjson.dumps(answer.model_dump()), media_type="application/json")
