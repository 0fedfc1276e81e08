"""First access over HTTP: an officer types the code of their slip and chooses a password of their own."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from app.accounts.activation_desk import Activation, ActivationDesk
from app.accounts.client_desk import check_grant
from app.accounts.clients import Client, GrantType
from app.accounts.request import Request
from app.accounts.routes import TokenFault, authorization_of, fault_answer, request_of
from app.accounts.sign_in import SignInError
from app.accounts.throttling import SignInsThrottledError, SignInThrottle
from app.accounts.token_desk import TokenDesk
from app.audit.coalescing import Coalescer
from app.audit.record import Draft, RecordKind
from app.clock import Clock
from app.errors import ProblemCode
from app.web.bodies import Body, read_json
from app.web.openapi import body_of, problems
from app.web.problems import language_of

_MAX_BODY_BYTES: Final = 8192
_PROOF: Final = ("client_id", "client_assertion_type", "client_assertion")


class ActivationRequest(Body):
    """What stands on the slip, and the password the officer chose; the client proves itself beside it."""

    username: Annotated[str, Field(max_length=200)]
    activation_code: Annotated[str, Field(max_length=200)]
    new_password: Annotated[str, Field(max_length=2000)]
    client_id: Annotated[str | None, Field(max_length=200)] = None
    client_assertion_type: Annotated[str | None, Field(max_length=200)] = None
    client_assertion: Annotated[str | None, Field(max_length=8192)] = None


@dataclass(frozen=True, slots=True)
class ActivationDoor:
    """Lets known client software through to the desk, as at sign-in, and stops a flood before it costs."""

    clients: TokenDesk
    desk: ActivationDesk
    throttle: SignInThrottle
    refusals: Coalescer
    clock: Clock

    async def activate(self, body: ActivationRequest, authorization: str | None, request: Request) -> None:
        """Give the officer their password; SignInError for the client, and what the desk raises.

        Only tries through client software that proved itself count against an account: a stranger locks
        nobody out.
        """
        proof = {name: value for name in _PROOF if (value := getattr(body, name)) is not None}
        client = await self.clients.client(proof, authorization, request)
        check_grant(client, GrantType.PASSWORD)
        await self._throttle_flood(client, request)
        activation = Activation(body.username, body.activation_code, body.new_password)
        await self.desk.activate(activation, request, client)
        self.throttle.remember(request.address)

    async def _throttle_flood(self, client: Client, request: Request) -> None:
        try:
            self.throttle.step(request.address)
        except SignInsThrottledError:
            facts = {
                "client_id": client.client_id,
                "address": request.address,
                "request_id": request.request_id,
            }
            draft = Draft(RecordKind.SIGN_IN_THROTTLED, self.clock.now(), facts)
            await self.refusals.append((client.client_id,), draft)
            raise


def activation_router(door: ActivationDoor) -> APIRouter:
    """Return the route for first access and for a forgotten password."""
    router = APIRouter(tags=["sign-in"])

    @router.post(
        "/v1/auth/activate",
        summary="Choose a password with a one-time activation code",
        openapi_extra=body_of(ActivationRequest),
        response_model=None,
        status_code=204,
        responses={
            400: {"model": TokenFault, "description": "the client software may not do this"},
            401: {"model": TokenFault, "description": "the client software is not known"},
            **problems(
                ProblemCode.ACTIVATION_REFUSED,
                ProblemCode.PASSWORD_REFUSED,
                ProblemCode.AUDIT_UNAVAILABLE,
                ProblemCode.SIGN_IN_BUSY,
                ProblemCode.TOO_MANY_SIGN_INS,
                ProblemCode.SIGN_INS_THROTTLED,
            ),
        },
    )
    async def activate(request: HttpRequest) -> Response:
        body, _ = await read_json(request, ActivationRequest, max_bytes=_MAX_BODY_BYTES)
        try:
            await door.activate(body, authorization_of(request), request_of(request))
        except SignInError as error:
            return fault_answer(error.fault, language_of(request.headers.get("accept-language")))
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    return router
