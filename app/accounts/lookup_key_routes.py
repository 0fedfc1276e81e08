"""Lookup-only keys over HTTP: an officer's own, and an officer's for their administrators."""

from typing import Annotated, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_routes import officer_id_in
from app.accounts.authentication import Caller
from app.accounts.client_schemas import ClientId
from app.accounts.expiring import STANDING_TEXTS, KeyStanding
from app.accounts.lookup_key_desk import LookupKeyDesk
from app.accounts.lookup_key_list import ListedKey
from app.accounts.lookup_keys import LookupKey
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.clock import rfc3339
from app.errors import NotFoundError, ProblemCode
from app.web.bodies import Body, read_json
from app.web.openapi import body_of, problems
from app.web.problems import language_of
from app.web.queries import read_query

_MAX_BODY_BYTES: Final = 4096
_ON_OFFICER: Final = (
    ProblemCode.OFFICER_UNKNOWN,
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.OUTSIDE_OWN_UNITS,
)


class LookupKeyRequest(Body):
    """For which client software, and for how many days: at most as many as the gateway allows."""

    client_id: ClientId
    valid_days: int | None = Field(default=None, ge=1, le=366)


class LookupKeyAnswer(BaseModel):
    """A key that nobody has withdrawn; never its secret. `standing` says whether it ends soon."""

    key_id: str
    key_name: str
    client_id: str
    unit_id: str
    created_at: str
    expires_at: str
    standing: str
    standing_text: str


class NewLookupKeyAnswer(LookupKeyAnswer):
    """The key with its secret, shown this once; `auth_hash` and `officer_code` are the same two parts."""

    key_pass: str
    auth_hash: str
    officer_code: str


class LookupKeyAnswers(BaseModel):
    """Keys, newest first."""

    lookup_keys: list[LookupKeyAnswer]


class OfficersKeyAnswer(LookupKeyAnswer):
    """A key and whose it is."""

    officer_id: str
    login_name: str


class LookupKeyPage(BaseModel):
    """Some keys, what ends first before all others; `next_cursor` leads to those that follow."""

    lookup_keys: list[OfficersKeyAnswer]
    next_cursor: str | None


class LookupKeyQuery(BaseModel):
    """Which keys, and which page of the list."""

    model_config = ConfigDict(hide_input_in_errors=True)

    standing: KeyStanding | None = None
    page_size: int = Field(default=50, ge=1, le=200)
    cursor: Annotated[str, Field(max_length=120)] | None = None


def lookup_key_router(
    desk: LookupKeyDesk,
    rejections: Rejections,
    get_self: GetCaller,
    get_viewer: GetCaller,
    get_ender: GetCaller,
) -> APIRouter:
    """Return the routes; *get_self* lets officers pass who may look up and have signed in here themselves."""
    router = APIRouter(tags=["officer"])

    @router.post(
        "/v1/me/lookup-keys",
        summary="Make a lookup-only key for software that calls in the old way; shown this once",
        openapi_extra=body_of(LookupKeyRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": NewLookupKeyAnswer},
            **problems(
                ProblemCode.CLIENT_UNKNOWN,
                ProblemCode.TOO_MANY_LOOKUP_KEYS,
                ProblemCode.OWN_SIGN_IN_NEEDED,
                ProblemCode.ROLE_NOT_PERMITTED,
            ),
        },
    )
    async def make(request: Request, caller: Annotated[Caller, Depends(get_self)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, LookupKeyRequest, max_bytes=_MAX_BODY_BYTES)
        with database_trouble():
            new = await desk.make(caller, body.client_id, body.valid_days)
        shown = {"key_pass": new.secret, "auth_hash": new.auth_hash, "officer_code": new.pair}
        said = _said(desk, new.key, request)
        return _json(said.model_dump() | shown, status=201)

    @router.get(
        "/v1/me/lookup-keys",
        summary="One's lookup-only keys",
        response_model=None,
        responses={200: {"model": LookupKeyAnswers}},
    )
    async def own(request: Request, caller: Annotated[Caller, Depends(get_self)]) -> Response:
        with database_trouble():
            return _listed(desk, await desk.own(caller), request)

    @router.delete(
        "/v1/me/lookup-keys/{key_id}",
        summary="Withdraw one of one's keys at once",
        response_model=None,
        status_code=204,
        responses=problems(ProblemCode.LOOKUP_KEY_UNKNOWN),
    )
    async def withdraw_own(key_id: str, caller: Annotated[Caller, Depends(get_self)]) -> Response:
        with database_trouble():
            await desk.withdraw_own(caller, _key_id_in(key_id))
        return Response(status_code=204)

    _add_administrators_routes(router, desk, get_viewer, get_ender)
    _add_list_route(router, desk, rejections, get_viewer)
    return router


def _add_administrators_routes(
    router: APIRouter, desk: LookupKeyDesk, get_viewer: GetCaller, get_ender: GetCaller
) -> None:
    @router.get(
        "/v1/officers/{officer_id}/lookup-keys",
        summary="An officer's lookup-only keys",
        response_model=None,
        responses={200: {"model": LookupKeyAnswers}, **problems(*_ON_OFFICER)},
    )
    async def of_officer(
        officer_id: str, request: Request, caller: Annotated[Caller, Depends(get_viewer)]
    ) -> Response:
        with database_trouble():
            return _listed(desk, await desk.of_officer(caller, officer_id_in(officer_id)), request)

    @router.delete(
        "/v1/officers/{officer_id}/lookup-keys/{key_id}",
        summary="Withdraw an officer's key at once",
        response_model=None,
        status_code=204,
        responses=problems(
            *_ON_OFFICER,
            ProblemCode.LOOKUP_KEY_UNKNOWN,
            ProblemCode.OWN_ACCOUNT,
            ProblemCode.ROLE_OUT_OF_REACH,
        ),
    )
    async def withdraw(
        officer_id: str, key_id: str, caller: Annotated[Caller, Depends(get_ender)]
    ) -> Response:
        with database_trouble():
            await desk.withdraw(caller, officer_id_in(officer_id), _key_id_in(key_id))
        return Response(status_code=204)


def _add_list_route(
    router: APIRouter, desk: LookupKeyDesk, rejections: Rejections, get_viewer: GetCaller
) -> None:
    @router.get(
        "/v1/lookup-keys",
        summary="Lookup-only keys of one's units, what ends first before; by `standing` those that end soon",
        response_model=None,
        responses={
            200: {"model": LookupKeyPage},
            **problems(ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.INVALID_VALUE),
        },
    )
    async def listed(
        request: Request,
        caller: Annotated[Caller, Depends(get_viewer)],
        standing: str | None = None,
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(LookupKeyQuery, standing=standing, page_size=page_size, cursor=cursor)
            with database_trouble():
                found = await desk.listed(
                    caller, asked.standing, after=asked.cursor, most=asked.page_size + 1
                )
        page = found[: asked.page_size]
        keys = [_said_of(desk, one, request) for one in page]
        following = page[-1].cursor if len(found) > asked.page_size else None
        return _json(LookupKeyPage(lookup_keys=keys, next_cursor=following).model_dump())


def _said_of(desk: LookupKeyDesk, key: ListedKey, request: Request) -> OfficersKeyAnswer:
    said = _said(desk, key, request).model_dump()
    return OfficersKeyAnswer(**said, officer_id=str(key.officer_id), login_name=key.login_name)


def _said(desk: LookupKeyDesk, key: LookupKey | ListedKey, request: Request) -> LookupKeyAnswer:
    standing, language = desk.standing(key), language_of(request.headers.get("accept-language"))
    return LookupKeyAnswer(
        key_id=str(key.key_id),
        key_name=key.name,
        client_id=key.client_id,
        unit_id=str(key.unit_id),
        created_at=rfc3339(key.created_at),
        expires_at=rfc3339(key.expires_at),
        standing=standing.value,
        standing_text=STANDING_TEXTS[standing][language],
    )


def _listed(desk: LookupKeyDesk, keys: list[LookupKey], request: Request) -> Response:
    said = [_said(desk, key, request) for key in keys]
    return _json(LookupKeyAnswers(lookup_keys=said).model_dump())


def _key_id_in(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(ProblemCode.LOOKUP_KEY_UNKNOWN) from None


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, "application/json")
