"""Sign-in over HTTP: the OAuth 2 token endpoint and what clients discover about it."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from app.accounts.access_rules import ASSURANCE_ASSERTED
from app.accounts.authentication import Authenticator, Caller
from app.accounts.client_keys import ALGORITHMS
from app.accounts.request import Request
from app.accounts.session_desk import IssuedTokens
from app.accounts.sign_in import SignInError, SignInFault
from app.accounts.throttling import SignInsThrottledError
from app.accounts.token_desk import GRANT_TYPES, TokenDesk
from app.accounts.token_keys import ALGORITHM
from app.accounts.tokens import TokenMint
from app.accounts.trouble import database_trouble
from app.accounts.values import Permission
from app.audit.coalescing import Coalescer
from app.audit.record import Draft, RecordKind
from app.clock import Clock
from app.errors import InvalidRequestError, NotAllowedError, ProblemCode
from app.web.bodies import read_form
from app.web.context import respond
from app.web.headers import first_header
from app.web.openapi import body_of, problems
from app.web.problem_texts import Language
from app.web.problems import language_of
from app.web.proxies import CERTIFICATE_STATE

Endpoint = Callable[[HttpRequest], Awaitable[Response]]
GetCaller = Callable[[HttpRequest], Awaitable[Caller]]

TOKEN_PATH: Final = "/v1/auth/token"  # noqa: S105 - a path

_AUTHENTICATION_METHODS: Final = ("client_secret_basic", "private_key_jwt")
_MAX_FORM_BYTES: Final = 8192
_DESCRIPTIONS: Final = {
    SignInFault.INVALID_CLIENT: (
        "client authentication failed",
        "Phần mềm chưa được đăng ký hoặc mã bí mật sai. Liên hệ Sở Khoa học và Công nghệ.",
    ),
    SignInFault.UNAUTHORIZED_CLIENT: (
        "this client may not use this grant from this address",
        (
            "Phần mềm không được đăng nhập theo cách này hoặc từ địa chỉ mạng này."
            " Liên hệ Sở Khoa học và Công nghệ."
        ),
    ),
    SignInFault.INVALID_GRANT: (
        "user name or password is wrong, or the account may not sign in",
        (
            "Tên đăng nhập hoặc mật khẩu không đúng, hoặc tài khoản không được đăng nhập."
            " Liên hệ quản trị viên của đơn vị."
        ),
    ),
    SignInFault.UNSUPPORTED_GRANT_TYPE: (
        "grants served: " + ", ".join(GRANT_TYPES),
        "Phần mềm dùng cách đăng nhập mà cổng không hỗ trợ. Báo đơn vị cung cấp phần mềm.",
    ),
    SignInFault.INVALID_REQUEST: (
        "a form with grant_type and what it needs, once each, and one way of client authentication",
        "Yêu cầu đăng nhập không đúng định dạng. Báo đơn vị cung cấp phần mềm.",
    ),
}


class TokenRequest(BaseModel):
    """Form of the token endpoint (RFC 6749, 7523); which fields are needed goes by `grant_type`."""

    grant_type: str
    username: str | None = None
    password: str | None = None
    otp: str | None = None
    refresh_token: str | None = None
    assertion: str | None = None
    client_assertion_type: str | None = None
    client_assertion: str | None = None
    client_id: str | None = None


class TokenAnswer(BaseModel):
    """An access token (RFC 6749 section 5.1)."""

    model_config = ConfigDict(extra="forbid")

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None


class RevocationRequest(BaseModel):
    """Form of the revocation endpoint (RFC 7009 section 2.1)."""

    token: str
    token_type_hint: str | None = None
    client_assertion_type: str | None = None
    client_assertion: str | None = None
    client_id: str | None = None


class TokenFault(BaseModel):
    """Why there is no token (RFC 6749 section 5.2); `detail` is for the officer."""

    error: str
    error_description: str
    detail: str


def token_endpoint(desk: TokenDesk) -> Endpoint:
    """Return what answers the token endpoint, refusals included."""

    async def issue_token(request: HttpRequest) -> Response:
        try:
            form = await _form(request)
            tokens = await desk.grant(form, authorization_of(request), request_of(request))
        except SignInError as error:
            return fault_answer(error.fault, language_of(first_header(request.scope, b"accept-language")))
        except SignInsThrottledError as error:  # the one that comes in floods goes the short way
            return respond(request, error)
        answer = {
            "access_token": tokens.access_token,
            "token_type": "Bearer",
            "expires_in": tokens.expires_in,
        }
        if isinstance(tokens, IssuedTokens):
            answer["refresh_token"] = tokens.refresh_token
        return _json(answer, {"Cache-Control": "no-store", "Pragma": "no-cache"})

    return issue_token


def sign_in_router(desk: TokenDesk, mint: TokenMint, issuer: str) -> APIRouter:
    """Return the routes that anybody may call."""
    router = APIRouter(tags=["sign-in"])

    router.post(
        TOKEN_PATH,
        summary="Sign an officer, or technical client software, in",
        openapi_extra=body_of(TokenRequest, "application/x-www-form-urlencoded"),
        response_model=None,
        responses={
            200: {"model": TokenAnswer},
            400: {"model": TokenFault, "description": "the request or the officer's sign-in was refused"},
            401: {"model": TokenFault, "description": "the client software is not known"},
            **problems(
                ProblemCode.AUDIT_UNAVAILABLE,
                ProblemCode.SIGN_IN_BUSY,
                ProblemCode.TOO_MANY_SIGN_INS,
                ProblemCode.SIGN_INS_THROTTLED,
            ),
        },
    )(token_endpoint(desk))

    @router.post(
        "/v1/auth/revoke",
        summary="Sign out: end the session of an access or refresh token (RFC 7009)",
        openapi_extra=body_of(RevocationRequest, "application/x-www-form-urlencoded"),
        response_model=None,
        responses={
            400: {"model": TokenFault, "description": "the request was refused"},
            401: {"model": TokenFault, "description": "the client software is not known"},
            **problems(ProblemCode.AUDIT_UNAVAILABLE),
        },
    )
    async def revoke(request: HttpRequest) -> Response:
        try:
            form = await _form(request)
            client = await desk.client(form, authorization_of(request), request_of(request))
            if not form.get("token"):
                raise SignInError(SignInFault.INVALID_REQUEST)
            with database_trouble():
                await desk.sessions.revoke(client, form["token"], request_of(request))
        except SignInError as error:
            return fault_answer(error.fault, language_of(first_header(request.scope, b"accept-language")))
        return Response(status_code=200)

    @router.get(
        "/.well-known/jwks.json",
        summary="Keys that sign access tokens, the coming one included (RFC 7517)",
        response_model=None,
        responses=problems(ProblemCode.AUDIT_UNAVAILABLE),
    )
    async def jwks() -> Response:
        return _json(mint.jwks, {"Cache-Control": "public, max-age=300"})

    @router.get("/.well-known/oauth-authorization-server", summary="What is served here (RFC 8414)")
    async def metadata() -> Response:
        return _json(
            {
                "issuer": issuer,
                "token_endpoint": f"{issuer}/v1/auth/token",
                "jwks_uri": f"{issuer}/.well-known/jwks.json",
                "revocation_endpoint": f"{issuer}/v1/auth/revoke",
                "grant_types_supported": GRANT_TYPES,
                "revocation_endpoint_auth_methods_supported": _AUTHENTICATION_METHODS,
                "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
                "token_endpoint_auth_methods_supported": _AUTHENTICATION_METHODS,
                "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
                "tls_client_certificate_bound_access_tokens": True,
                "response_types_supported": [
                    "none"
                ],  # no authorization endpoint; RFC 8414 forbids an empty list
                "access_token_signing_alg_values_supported": [ALGORITHM],
            },
            {"Cache-Control": "public, max-age=300"},
        )

    return router


def current_officer(authenticator: Authenticator, *, allows_restricted: bool = False) -> GetCaller:
    """Return the dependency of a route for any signed-in officer.

    With *allows_restricted* also for those who must change their password, or set up a second factor, first.
    """

    async def get_caller(request: HttpRequest) -> Caller:
        return await authenticator.authenticate(
            authorization_of(request), request_of(request), allows_restricted=allows_restricted
        )

    return get_caller


def officer_with(
    permission: Permission, get_caller: GetCaller, refusals: Coalescer, clock: Clock
) -> GetCaller:
    """Return the dependency of a route for officers whose role has *permission*; refusals are on record."""

    async def get_permitted(request: HttpRequest) -> Caller:
        caller = await get_caller(request)
        if not caller.officer.may(permission):
            code = ProblemCode.ROLE_NOT_PERMITTED
            facts = caller.facts() | {"problem_code": code.value}
            mark = (str(caller.officer.officer_id), code.value, permission.value)
            await refusals.append(mark, Draft(RecordKind.REQUEST_REJECTED, clock.now(), facts))
            raise NotAllowedError(code)
        return caller

    return get_permitted


def signed_in_here(get_caller: GetCaller, refusals: Coalescer, clock: Clock) -> GetCaller:
    """Return the dependency of a route for officers who have signed in here; refusals are on record.

    Client software that vouches for an officer must not set a second factor up in their name.
    """

    async def get_self(request: HttpRequest) -> Caller:
        caller = await get_caller(request)
        if caller.assurance == ASSURANCE_ASSERTED:
            code = ProblemCode.OWN_SIGN_IN_NEEDED
            facts = caller.facts() | {"problem_code": code.value}
            mark = (str(caller.officer.officer_id), code.value)
            await refusals.append(mark, Draft(RecordKind.REQUEST_REJECTED, clock.now(), facts))
            raise NotAllowedError(code)
        return caller

    return get_self


def request_of(request: HttpRequest) -> Request:
    """Return what is known of an HTTP request; of proxy headers only what TrustedProxies believed."""
    scope = request.scope
    client, state = scope.get("client"), scope["state"]
    return Request(client[0] if client else "", str(state["request_id"]), state.get(CERTIFICATE_STATE))


def authorization_of(request: HttpRequest) -> str | None:
    """Return the one Authorization header; with several, what stands before us may have read another one."""
    given = None
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            if given is not None:
                return "Bearer several"
            given = value.decode("latin-1")
    return given


async def _form(request: HttpRequest) -> dict[str, str]:
    try:
        return await read_form(request, max_bytes=_MAX_FORM_BYTES)
    except InvalidRequestError:
        raise SignInError(SignInFault.INVALID_REQUEST) from None


def fault_answer(fault: SignInFault, language: Language) -> Response:
    """Return the answer to client software that is not let through (RFC 6749 section 5.2)."""
    english, vietnamese = _DESCRIPTIONS[fault]
    body = {
        "error": fault.value,
        "error_description": english,
        "detail": english if language == "en" else vietnamese,
    }
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    if fault is not SignInFault.INVALID_CLIENT:
        return _json(body, headers, HTTPStatus.BAD_REQUEST)
    headers["WWW-Authenticate"] = 'Basic realm="dancu"'
    return _json(body, headers, HTTPStatus.UNAUTHORIZED)


def _json(body: object, headers: dict[str, str], status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(orjson.dumps(body), status.value, headers, "application/json")
