"""Credentials of software that calls like LGSP or VDXP, over HTTP, for department administrators."""

import base64
import re
from typing import Annotated, Final, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.client_changes import credential_id_in
from app.accounts.client_schemas import ProcedureCode
from app.accounts.compatible_credentials import (
    CompatibleCredential,
    CompatiblePolicy,
    CompatibleProfile,
    NewCompatible,
)
from app.accounts.compatible_desk import CompatibleDesk
from app.accounts.expiring import STANDING_TEXTS, KeyStanding
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.clock import rfc3339
from app.errors import NotFoundError, ProblemCode
from app.web.bodies import Body, read_json
from app.web.openapi import body_of, problems
from app.web.problems import language_of
from app.web.queries import read_query

_MAX_BODY_BYTES: Final = 16 * 1024
_NAME: Final = re.compile(r"(?!.*[0-9]{9})[A-Za-z0-9][A-Za-z0-9._-]{2,63}")
_ADDRESS: Final = re.compile(r"(?!.*[0-9]{9})[\x21-\x7e]{1,300}")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("3 to 64 of letters, digits, dot, underscore, hyphen; no number of a person's")
    return text


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("an address, or the path of one")
    return text


class CompatibleRequest(Body):
    """A credential to make; what is left out refuses old calls that say nothing of it."""

    profile: Annotated[CompatibleProfile, Field(strict=False)]
    name: Annotated[str, Field(max_length=64), AfterValidator(_name)] | None = None
    signed_addresses: Annotated[
        list[Annotated[str, Field(max_length=300), AfterValidator(_address)]], Field(max_length=10)
    ] = Field(default_factory=list)
    procedure_without_code: ProcedureCode | None = Field(
        default=None, description="which procedure a call counts for whose MaDVC is empty or a constant"
    )
    no_dossier_reason: (
        Literal["guidance_before_receipt", "one_stop_software_down", "completing_papers"] | None
    ) = Field(default=None, description="what stands for a call that names no dossier; it is linked later")
    repeats_request_ids: bool = Field(default=False, description="its MaYeuCau come again by themselves")
    expires_at: AwareDatetime | None = None

    def new(self) -> NewCompatible:
        """Return what is to be made."""
        policy = CompatiblePolicy(
            self.procedure_without_code, self.no_dossier_reason, self.repeats_request_ids
        )
        return NewCompatible(self.profile, self.name, policy, self.signed_addresses, self.expires_at)


class CompatibleAnswer(BaseModel):
    """A credential that nobody has ended; never its secret."""

    credential_id: str
    profile: str
    name: str
    signed_addresses: list[str]
    procedure_without_code: str | None
    no_dossier_reason: str | None
    repeats_request_ids: bool
    created_at: str
    expires_at: str | None
    standing: str
    standing_text: str


class NewCompatibleAnswer(CompatibleAnswer):
    """The credential with its secret, shown this once; `auth` is the header of that name (LGSP in JSON)."""

    secret: str
    auth: str | None


class CompatibleAnswers(BaseModel):
    """A client's credentials, oldest first."""

    credentials: list[CompatibleAnswer]


class CompatibleQuery(BaseModel):
    """Which of a client's credentials."""

    model_config = ConfigDict(hide_input_in_errors=True)

    standing: KeyStanding | None = None


def compatible_router(desk: CompatibleDesk, rejections: Rejections, get_manager: GetCaller) -> APIRouter:
    """Return the routes about one client's credentials of the old kinds."""
    router = APIRouter(tags=["administration"])
    path = "/v1/clients/{client_id}/compatible-credentials"
    on_client = (ProblemCode.CLIENT_UNKNOWN, ProblemCode.ROLE_NOT_PERMITTED)

    @router.get(
        path,
        summary="What client software proves itself with where it calls like LGSP or VDXP",
        response_model=None,
        responses={200: {"model": CompatibleAnswers}, **problems(*on_client, ProblemCode.INVALID_VALUE)},
    )
    async def listed(
        client_id: str,
        request: Request,
        caller: Annotated[Caller, Depends(get_manager)],
        standing: str | None = None,
    ) -> Response:
        async with rejections(caller):
            wanted = read_query(CompatibleQuery, standing=standing).standing
        with database_trouble():
            found = await desk.of_client(client_id)
        said = [_said(desk, one, request) for one in found if wanted in {None, desk.standing(one)}]
        return _json(CompatibleAnswers(credentials=said).model_dump())

    @router.post(
        path,
        summary="Let client software call like LGSP or VDXP; its secret is shown this once",
        openapi_extra=body_of(CompatibleRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": NewCompatibleAnswer},
            **problems(*on_client, ProblemCode.CREDENTIAL_REFUSED, ProblemCode.CLIENT_TAKEN),
        },
    )
    async def add(
        client_id: str, request: Request, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, CompatibleRequest, max_bytes=_MAX_BODY_BYTES)
            with database_trouble():
                made, secret = await desk.add(caller, client_id, body.new())
        shown = {"secret": secret, "auth": auth_header(made, secret)}
        return _json(_said(desk, made, request).model_dump() | shown, status=201)

    @router.delete(
        path + "/{credential_id}",
        summary="End such a credential at once",
        response_model=None,
        status_code=204,
        responses=problems(*on_client, ProblemCode.CREDENTIAL_UNKNOWN),
    )
    async def end(
        client_id: str, credential_id: str, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        known: UUID | None = credential_id_in(credential_id)
        if known is None:
            raise NotFoundError(ProblemCode.CREDENTIAL_UNKNOWN)
        with database_trouble():
            await desk.end(caller, client_id, known)
        return Response(status_code=204)

    return router


def auth_header(credential: CompatibleCredential, secret: str) -> str | None:
    """Return the value of the header `Auth`; None for VDXP, which has no token call."""
    if credential.profile is not CompatibleProfile.LGSP:
        return None
    return base64.b64encode(f"{credential.name}:{secret}".encode()).decode("ascii")


def _said(desk: CompatibleDesk, one: CompatibleCredential, request: Request) -> CompatibleAnswer:
    standing, language = desk.standing(one), language_of(request.headers.get("accept-language"))
    return CompatibleAnswer(
        credential_id=str(one.credential_id),
        profile=one.profile.value,
        name=one.name,
        signed_addresses=list(one.signed_addresses),
        procedure_without_code=one.policy.procedure_code,
        no_dossier_reason=one.policy.no_dossier_reason,
        repeats_request_ids=one.policy.repeats_request_ids,
        created_at=rfc3339(one.created_at),
        expires_at=rfc3339(one.expires_at) if one.expires_at else None,
        standing=standing.value,
        standing_text=STANDING_TEXTS[standing][language],
    )


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, "application/json")
