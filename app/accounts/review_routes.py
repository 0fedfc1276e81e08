"""Reviews over HTTP: opened by the department, answered by each unit for its officers."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration_routes import MAX_BODY_BYTES, officer_id_in
from app.accounts.authentication import Caller
from app.accounts.life_schemas import ReviewAnswerRequest, ReviewedAnswer, ReviewRequest, ReviewView
from app.accounts.rejections import Rejections
from app.accounts.review import ReviewRound
from app.accounts.review_desk import ReviewDesk, ReviewedAccount
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import ProblemCode
from app.web.bodies import read_json
from app.web.openapi import body_of, problems


def review_router(
    desk: ReviewDesk, rejections: Rejections, get_opener: GetCaller, get_answerer: GetCaller
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
        return _json(review, [], 201, Location=f"/v1/reviews/{review.round_id}")

    @router.get(
        "/v1/reviews/{review_id}",
        summary="A review, or the open one (`current`), and the accounts one may answer for",
        response_model=None,
        responses={
            200: {"model": ReviewView},
            **problems(ProblemCode.REVIEW_UNKNOWN, ProblemCode.ROLE_NOT_PERMITTED),
        },
    )
    async def show(review_id: str, caller: Annotated[Caller, Depends(get_answerer)]) -> Response:
        with database_trouble():
            return _json(*await desk.show(caller, review_id))

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


def _json(
    review: ReviewRound, accounts: list[ReviewedAccount], status: int = 200, **headers: str
) -> Response:
    view = ReviewView(
        review_id=str(review.round_id),
        opened_on=review.opened_on,
        due_on=review.due_on,
        closed_on=review.closed_on,
        officers=[_reviewed(each) for each in accounts],
    )
    return Response(orjson.dumps(view.model_dump(mode="json")), status, headers, "application/json")


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
