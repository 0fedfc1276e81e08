"""Secrets, keys and certificates of client software over HTTP; a secret is shown once and never stored."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.client_administration import ClientAdministration
from app.accounts.client_changes import ClientDone
from app.accounts.client_schemas import (
    CertificateRequest,
    ClientAnswer,
    CredentialAdded,
    KeyRequest,
    RotationRequest,
    SecretAnswer,
    client_said,
)
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import ProblemCode
from app.web.bodies import read_json
from app.web.conditions import etag, expected_version
from app.web.openapi import body_of, problems

_MAX_BODY_BYTES: Final = 32 * 1024
_ADDED: Final = (ProblemCode.CREDENTIAL_REFUSED, ProblemCode.OPERATOR_NEEDED)


def add_credential_routes(
    router: APIRouter,
    desk: ClientAdministration,
    rejections: Rejections,
    get_manager: GetCaller,
    on_change: Sequence[ProblemCode],
) -> None:
    """Put the routes about credentials on *router*."""

    @router.post(
        "/v1/clients/{client_id}/secrets",
        summary="Give client software a new secret, shown this once; the old one ends after the overlap",
        openapi_extra=body_of(RotationRequest),
        response_model=None,
        status_code=201,
        responses={201: {"model": SecretAnswer}, **problems(*on_change, ProblemCode.TOO_MANY_SECRETS)},
    )
    async def rotate(
        client_id: str, request: Request, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, RotationRequest, max_bytes=_MAX_BODY_BYTES)
            version = expected_version(request)
        with database_trouble():
            done = await desk.rotate(caller, client_id, version, timedelta(hours=body.overlap_hours))
        return said_once(done, status=201)

    @router.post(
        "/v1/clients/{client_id}/keys",
        summary="Register a public key that client software signs assertions with",
        openapi_extra=body_of(KeyRequest),
        response_model=None,
        status_code=201,
        responses={201: {"model": CredentialAdded}, **problems(*on_change, *_ADDED)},
    )
    async def add_key(
        client_id: str, request: Request, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, KeyRequest, max_bytes=_MAX_BODY_BYTES)
            version = expected_version(request)
            with database_trouble():
                done = await desk.add_key(caller, client_id, version, body.public_key, body.expires_at)
        return said_once(done, status=201)

    @router.post(
        "/v1/clients/{client_id}/certificates",
        summary="Register a certificate; client software must show one of its own from now on",
        openapi_extra=body_of(CertificateRequest),
        response_model=None,
        status_code=201,
        responses={201: {"model": CredentialAdded}, **problems(*on_change, *_ADDED)},
    )
    async def add_certificate(
        client_id: str, request: Request, caller: Annotated[Caller, Depends(get_manager)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, CertificateRequest, max_bytes=_MAX_BODY_BYTES)
            version = expected_version(request)
            with database_trouble():
                done = await desk.add_certificate(
                    caller, client_id, version, body.certificate, body.expires_at
                )
        return said_once(done, status=201)

    @router.delete(
        "/v1/clients/{client_id}/credentials/{credential_id}",
        summary="End a secret, key or certificate at once",
        response_model=None,
        responses={200: {"model": ClientAnswer}, **problems(*on_change, ProblemCode.CREDENTIAL_UNKNOWN)},
    )
    async def end(
        client_id: str,
        credential_id: str,
        request: Request,
        caller: Annotated[Caller, Depends(get_manager)],
    ) -> Response:
        async with rejections(caller):
            version = expected_version(request)
        with database_trouble():
            return said_once(await desk.end_credential(caller, client_id, version, credential_id))


def said_once(done: ClientDone, status: int = 200) -> Response:
    """Return the client after a change, with the secret or the credential's id where there is a new one."""
    answer = client_said(done.client, done.version).model_dump()
    if done.secret is not None:
        answer["secret"] = done.secret
    if done.credential_id is not None:
        answer["credential_id"] = str(done.credential_id)
    headers = {"ETag": etag(done.version), "Cache-Control": "no-store"}
    return Response(orjson.dumps(answer), status, headers, "application/json")
