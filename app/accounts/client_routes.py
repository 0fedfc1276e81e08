"""Client software over HTTP, for department administrators: seen, registered, limited, given credentials."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_routes import MAX_BODY_BYTES
from app.accounts.administration_schemas import SuspensionRequest
from app.accounts.authentication import Caller
from app.accounts.client_administration import ClientAdministration
from app.accounts.client_changes import ClientDone
from app.accounts.client_credential_routes import add_credential_routes, said_once
from app.accounts.client_facts import version_number
from app.accounts.client_list import ClientFilter
from app.accounts.client_schemas import (
    ClientAnswer,
    ClientExportQuery,
    ClientQuery,
    ClientsAnswer,
    LimitsRequest,
    NewClientRequest,
    SecretAnswer,
    client_said,
)
from app.accounts.client_store import NewClient
from app.accounts.exports import ExportLog, ListName, exported, file_answer, given
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.status_routes import endings_said
from app.accounts.trouble import database_trouble
from app.errors import ProblemCode
from app.web.bodies import read_json
from app.web.conditions import conditional, expected_version
from app.web.openapi import body_of, problems
from app.web.queries import read_query

_MAX_LIMITS_BYTES: Final = 64 * 1024  # a procedure's code is 30 characters at most
ON_CHANGE: Final = (
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.CLIENT_UNKNOWN,
    ProblemCode.OWN_CLIENT,
    ProblemCode.NOTHING_TO_CHANGE,
    ProblemCode.IF_MATCH_NEEDED,
    ProblemCode.VERSION_OUTDATED,
)


def client_router(
    desk: ClientAdministration, rejections: Rejections, exports: ExportLog, get_manager: GetCaller
) -> APIRouter:
    """Return the routes about client software."""
    router = APIRouter(tags=["clients"])

    @router.get(
        "/v1/clients",
        summary="Client software by page, and what of it ends within 30 days",
        response_model=None,
        responses={
            200: {"model": ClientsAnswer},
            **problems(ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.INVALID_VALUE),
        },
    )
    async def list_clients(
        request: Request,
        caller: Annotated[Caller, Depends(get_manager)],
        kind: str | None = None,
        status: str | None = None,
        unit_id: str | None = None,
        text: str | None = None,
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(
                ClientQuery,
                kind=kind,
                status=status,
                unit_id=unit_id,
                text=text,
                page_size=page_size,
                cursor=cursor,
            )
        wanted = ClientFilter(asked.kind, asked.status, asked.unit_id, asked.text)
        page, has_more = desk.page(wanted, asked.cursor, asked.page_size)
        answer = ClientsAnswer(
            clients=[client_said(client, version_number(client)) for client in page],
            ending_soon=endings_said(*desk.ending_soon()),
            next_cursor=page[-1].client_id if has_more else None,
        )
        return conditional(request, answer)

    @router.get(
        "/v1/clients/export",
        summary="Client software as a file; nothing of its secrets",
        response_model=None,
        responses={
            **file_answer(),
            **problems(ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.INVALID_VALUE),
        },
    )
    async def export(
        caller: Annotated[Caller, Depends(get_manager)],
        file_format: Annotated[str | None, Query(alias="format")] = None,
        kind: str | None = None,
        status: str | None = None,
        unit_id: str | None = None,
        text: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(
                ClientExportQuery, format=file_format, kind=kind, status=status, unit_id=unit_id, text=text
            )
        wanted = ClientFilter(asked.kind, asked.status, asked.unit_id, asked.text)
        conditions = given(asked.model_dump(exclude={"format"}).items())
        table = desk.table(desk.chosen(wanted))
        return await exported(exports, caller, ListName.CLIENTS, conditions, table, asked.format)

    @router.get(
        "/v1/clients/{client_id}",
        summary="One client software with its credentials; secrets are never shown again",
        response_model=None,
        responses={
            200: {"model": ClientAnswer},
            **problems(ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.CLIENT_UNKNOWN),
        },
    )
    async def show(client_id: str, _: Annotated[Caller, Depends(get_manager)]) -> Response:
        client = desk.find(client_id)
        return said_once(ClientDone(client, version_number(client)))

    @router.post(
        "/v1/clients",
        summary="Register client software; its secret is shown this once",
        openapi_extra=body_of(NewClientRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": SecretAnswer},
            **problems(ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.CLIENT_TAKEN, ProblemCode.OPERATOR_NEEDED),
        },
    )
    async def add(request: Request, caller: Annotated[Caller, Depends(get_manager)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, NewClientRequest, max_bytes=_MAX_LIMITS_BYTES)
            with database_trouble():
                done = await desk.add(caller, _new(body), with_secret=not body.without_secret)
        return said_once(done, status=201)

    @router.put(
        "/v1/clients/{client_id}/limits",
        summary="Change what client software may do, from where and until when",
        openapi_extra=body_of(LimitsRequest),
        response_model=None,
        responses={200: {"model": ClientAnswer}, **problems(*ON_CHANGE, ProblemCode.OPERATOR_NEEDED)},
    )
    async def limit(
        client_id: str, request: Request, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, LimitsRequest, max_bytes=_MAX_LIMITS_BYTES)
            version = expected_version(request)
            with database_trouble():
                done = await desk.change_limits(caller, client_id, version, body.limits())
        return said_once(done)

    @router.post(
        "/v1/clients/{client_id}/suspension",
        summary="Suspend client software; every process refuses it within a second",
        openapi_extra=body_of(SuspensionRequest),
        response_model=None,
        responses={200: {"model": ClientAnswer}, **problems(*ON_CHANGE)},
    )
    async def suspend(
        client_id: str, request: Request, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, SuspensionRequest, max_bytes=MAX_BODY_BYTES)
            version = expected_version(request)
        with database_trouble():
            done = await desk.set_active(caller, client_id, version, is_active=False, reason=body.reason)
        return said_once(done)

    @router.delete(
        "/v1/clients/{client_id}/suspension",
        summary="Lift a client's suspension",
        response_model=None,
        responses={200: {"model": ClientAnswer}, **problems(*ON_CHANGE)},
    )
    async def resume(
        client_id: str, request: Request, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        async with rejections(caller):
            version = expected_version(request)
        with database_trouble():
            done = await desk.set_active(caller, client_id, version, is_active=True)
        return said_once(done)

    add_credential_routes(router, desk, rejections, get_manager, ON_CHANGE)
    return router


def _new(body: NewClientRequest) -> NewClient:
    return NewClient(
        client_id=body.client_id,
        name=body.name,
        networks=body.networks,
        kind=body.kind,
        grants=None if body.grants is None else frozenset(body.grants),
        unit_id=body.unit_id,
        procedures=None if body.procedures is None else frozenset(body.procedures),
        expires_at=body.expires_at,
    )
