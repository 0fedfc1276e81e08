"""Postings, leaving and terms over HTTP, each by a written notice and under the version it was decided on."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_routes import MAX_BODY_BYTES, officer_id_in
from app.accounts.authentication import Caller
from app.accounts.life_desk import LifeDesk, Move
from app.accounts.life_schemas import (
    LeavingRequest,
    PostingAnswer,
    PostingAnswers,
    PostingRequest,
    TermRequest,
)
from app.accounts.posting_plan import Document
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import ProblemCode
from app.web.bodies import read_json
from app.web.conditions import etag, expected_version
from app.web.openapi import body_of, problems

_ON_CHANGE: Final = (
    ProblemCode.OFFICER_UNKNOWN,
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.OUTSIDE_OWN_UNITS,
    ProblemCode.OWN_ACCOUNT,
    ProblemCode.ROLE_OUT_OF_REACH,
    ProblemCode.IF_MATCH_NEEDED,
    ProblemCode.VERSION_OUTDATED,
    ProblemCode.PERIOD_EMPTY,
)
_ON_POSTING: Final = (ProblemCode.NOT_POSTED, ProblemCode.BEFORE_LAST_RECORD)


def life_router(
    desk: LifeDesk, rejections: Rejections, get_viewer: GetCaller, get_poster: GetCaller
) -> APIRouter:
    """Return the routes about one officer's postings and term."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/officers/{officer_id}/postings",
        summary="An officer's postings, past and planned ones included",
        response_model=None,
        responses={
            200: {"model": PostingAnswers},
            **problems(
                ProblemCode.OFFICER_UNKNOWN, ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.OUTSIDE_OWN_UNITS
            ),
        },
    )
    async def postings(officer_id: str, caller: Annotated[Caller, Depends(get_viewer)]) -> Response:
        with database_trouble():
            found, version = await desk.postings(caller, officer_id_in(officer_id))
        answer = PostingAnswers(
            postings=[
                PostingAnswer(
                    kind=each.kind.value,
                    unit_id=str(each.unit_id),
                    valid_from=each.valid_from,
                    valid_to=each.valid_to,
                    document_number=each.document.number if each.document else None,
                    document_date=each.document.signed_on if each.document else None,
                )
                for each in found
            ],
            version=version,
        )
        headers = {"ETag": etag(version)}
        return Response(orjson.dumps(answer.model_dump()), headers=headers, media_type="application/json")

    @router.post(
        "/v1/officers/{officer_id}/postings",
        summary="Appoint, transfer or second an officer by a written notice; sessions end",
        openapi_extra=body_of(PostingRequest),
        response_model=None,
        status_code=204,
        responses=problems(
            *_ON_CHANGE,
            *_ON_POSTING,
            ProblemCode.UNIT_UNKNOWN,
            ProblemCode.UNIT_NOT_IN_FORCE,
            ProblemCode.POSTED_ALREADY,
            ProblemCode.SAME_UNIT,
            ProblemCode.BEYOND_POSTING,
        ),
    )
    async def post(
        officer_id: str, request: Request, caller: Annotated[Caller, Depends(get_poster)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, PostingRequest, max_bytes=MAX_BODY_BYTES)
            version, letter = expected_version(request), Document(body.document_number, body.document_date)
            move = Move(body.kind, body.unit, body.on, body.until, letter)
            with database_trouble():
                return _changed(await desk.post(caller, officer_id_in(officer_id), version, move))

    @router.post(
        "/v1/officers/{officer_id}/leave",
        summary="Let an officer leave: postings and access end on the day, at once where it has come",
        openapi_extra=body_of(LeavingRequest),
        response_model=None,
        status_code=204,
        responses=problems(*_ON_CHANGE, *_ON_POSTING),
    )
    async def leave(
        officer_id: str, request: Request, caller: Annotated[Caller, Depends(get_poster)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, LeavingRequest, max_bytes=MAX_BODY_BYTES)
            version, letter = expected_version(request), Document(body.document_number, body.document_date)
            with database_trouble():
                return _changed(await desk.leave(caller, officer_id_in(officer_id), version, body.on, letter))

    @router.put(
        "/v1/officers/{officer_id}/term",
        summary="Date an account: its first day and the first day after its last",
        openapi_extra=body_of(TermRequest),
        response_model=None,
        status_code=204,
        responses=problems(*_ON_CHANGE),
    )
    async def set_term(
        officer_id: str, request: Request, caller: Annotated[Caller, Depends(get_poster)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, TermRequest, max_bytes=MAX_BODY_BYTES)
            version, term = expected_version(request), (body.active_from, body.active_until)
            with database_trouble():
                officer, letter = officer_id_in(officer_id), Document(body.document_number)
                return _changed(await desk.set_term(caller, officer, version, term, letter))

    return router


def _changed(version: int) -> Response:
    return Response(status_code=204, headers={"ETag": etag(version)})
