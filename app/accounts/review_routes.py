"""Reviews over HTTP: opened by the department, answered by each unit for its officers."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_routes import MAX_BODY_BYTES, officer_id_in
from app.accounts.authentication import Caller
from app.accounts.exports import ExportLog, ListName, exported, file_answer, given
from app.accounts.life_schemas import ReviewAnswerRequest, ReviewedAnswer, ReviewRequest, ReviewView
from app.accounts.rejections import Rejections
from app.accounts.review import ReviewRound
from app.accounts.review_desk import ReviewDesk
from app.accounts.review_list import (
    ReviewedAccount,
    ReviewExportQuery,
    ReviewFilter,
    ReviewQuery,
    RoundAnswers,
    RoundQuery,
    page_of,
    rounds_said,
)
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import ProblemCode
from app.web.bodies import read_json
from app.web.conditions import conditional
from app.web.openapi import body_of, problems
from app.web.queries import read_query

_ON_SHOWING: Final = (
    ProblemCode.REVIEW_UNKNOWN,
    ProblemCode.UNIT_UNKNOWN,
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.OUTSIDE_OWN_UNITS,
    ProblemCode.INVALID_VALUE,
)


def review_router(
    desk: ReviewDesk,
    rejections: Rejections,
    exports: ExportLog,
    get_opener: GetCaller,
    get_answerer: GetCaller,
) -> APIRouter:
    """Return the routes of reviews."""
    router = APIRouter(tags=["administration"])

    @router.post(
        "/v1/reviews",
        summary="Open a review of all accounts in use; whoever is not answered for is suspended",
        openapi_extra=body_of(ReviewRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": ReviewView},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.REVIEW_OPEN_ALREADY,
                ProblemCode.REVIEW_DUE_TOO_SOON,
            ),
        },
    )
    async def open_review(request: Request, caller: Annotated[Caller, Depends(get_opener)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, ReviewRequest, max_bytes=MAX_BODY_BYTES)
            with database_trouble():
                review = await desk.open(caller, body.due_on)
        content = orjson.dumps(_view(review, [], None).model_dump(mode="json"))
        headers = {"Location": f"/v1/reviews/{review.round_id}"}
        return Response(content, 201, headers, "application/json")

    @router.get(
        "/v1/reviews",
        summary="All reviews, the latest first, by page",
        response_model=None,
        responses={
            200: {"model": RoundAnswers},
            **problems(ProblemCode.ROLE_NOT_PERMITTED, ProblemCode.INVALID_VALUE),
        },
    )
    async def list_all(
        request: Request,
        caller: Annotated[Caller, Depends(get_answerer)],
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(RoundQuery, page_size=page_size, cursor=cursor)
        with database_trouble():
            found = await desk.rounds(asked.cursor, asked.page_size + 1)
        return conditional(request, rounds_said(found, asked.page_size))

    @router.get(
        "/v1/reviews/{review_id}",
        summary="A review, or the open one (`current`), and the accounts one may answer for, by page",
        response_model=None,
        responses={
            200: {"model": ReviewView},
            **problems(*_ON_SHOWING),
        },
    )
    async def show(
        review_id: str,
        request: Request,
        caller: Annotated[Caller, Depends(get_answerer)],
        answer: str | None = None,
        unit: str | None = None,
        page_size: str | None = None,
        cursor: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(ReviewQuery, answer=answer, unit=unit, page_size=page_size, cursor=cursor)
            with database_trouble():
                review, found = await desk.show(caller, review_id, ReviewFilter(asked.unit, asked.answer))
            page, next_cursor = page_of(found, asked.cursor, asked.page_size)
        return conditional(request, _view(review, page, next_cursor))

    @router.get(
        "/v1/reviews/{review_id}/export",
        summary="The accounts of a review for which one may answer, as a file",
        response_model=None,
        responses={**file_answer(), **problems(*_ON_SHOWING)},
    )
    async def export(
        review_id: str,
        caller: Annotated[Caller, Depends(get_answerer)],
        file_format: Annotated[str | None, Query(alias="format")] = None,
        answer: str | None = None,
        unit: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(ReviewExportQuery, format=file_format, answer=answer, unit=unit)
        with database_trouble():
            review, found = await desk.show(caller, review_id, ReviewFilter(asked.unit, asked.answer))
        named = {"review": review.round_id, "unit": desk.unit_code(asked.unit), "answer": asked.answer}
        table = desk.table(review, found)
        return await exported(exports, caller, ListName.REVIEW, given(named.items()), table, asked.format)

    @router.put(
        "/v1/reviews/{review_id}/answers/{officer_id}",
        summary="Answer for an officer: keep, or remove, which suspends at once",
        openapi_extra=body_of(ReviewAnswerRequest),
        response_model=None,
        status_code=204,
        responses=problems(
            ProblemCode.REVIEW_UNKNOWN,
            ProblemCode.OFFICER_UNKNOWN,
            ProblemCode.ROLE_NOT_PERMITTED,
            ProblemCode.OUTSIDE_OWN_UNITS,
            ProblemCode.OWN_ACCOUNT,
            ProblemCode.ROLE_OUT_OF_REACH,
            ProblemCode.REVIEW_OVER,
            ProblemCode.REVIEW_NOT_ASKED,
            ProblemCode.REVIEW_REMOVED_ALREADY,
            ProblemCode.LAST_ADMINISTRATOR,
        ),
    )
    async def answer(
        review_id: str, officer_id: str, request: Request, caller: Annotated[Caller, Depends(get_answerer)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, ReviewAnswerRequest, max_bytes=MAX_BODY_BYTES)
        with database_trouble():
            await desk.answer(caller, review_id, officer_id_in(officer_id), body.answer)
        return Response(status_code=204)

    return router


def _view(review: ReviewRound, accounts: list[ReviewedAccount], next_cursor: str | None) -> ReviewView:
    return ReviewView(
        review_id=str(review.round_id),
        opened_on=review.opened_on,
        due_on=review.due_on,
        closed_on=review.closed_on,
        officers=[_reviewed(each) for each in accounts],
        next_cursor=next_cursor,
    )


def _reviewed(account: ReviewedAccount) -> ReviewedAnswer:
    reviewed, officer = account.reviewed, account.officer
    return ReviewedAnswer(
        officer_id=str(reviewed.officer_id),
        login_name=officer.login_name if officer else None,
        full_name=officer.full_name if officer else None,
        unit_id=str(reviewed.unit_id),
        answer=reviewed.answer.value if reviewed.answer else None,
        answered_by=str(reviewed.answered_by) if reviewed.answered_by else None,
        answered_at=reviewed.answered_at,
    )
