"""Checks of the roads over HTTP, and the form in which the command says them, too."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.errors import ProblemCode
from app.lookup.road_check_desk import RoadCheckDesk
from app.lookup.road_check_texts import HELPERS, MEANINGS
from app.lookup.road_checks import Detail, RoadReport, StepResult
from app.web.openapi import problems


class BothLanguages(BaseModel):
    """A sentence in Vietnamese and in English; empty where there is nothing to say."""

    vi: str
    en: str


class CheckedStep(BaseModel):
    """One step: how it ended, what that means, and who can help; `details` are names and figures."""

    step: str
    verdict: str
    finding: str
    duration_ms: int
    details: Mapping[str, Detail]
    meaning: BothLanguages
    help: BothLanguages


class CheckedRoad(BaseModel):
    """One road; `ok` is false where a lookup over it is bound to fail."""

    road: str
    host: str
    ok: bool
    steps: list[CheckedStep]


class CheckedRoads(BaseModel):
    """Every road, in the order in which lookups use them."""

    ok: bool
    roads: list[CheckedRoad]


def road_check_router(desk: RoadCheckDesk, rejections: Rejections, get_reader: GetCaller) -> APIRouter:
    """Return the route that tries the roads, for those who may read the gateway's status."""
    router = APIRouter(tags=["health"])

    @router.post(
        "/v1/status/upstream-checks",
        summary="Try every road to the national side, step by step",
        response_model=None,
        responses={
            200: {"model": CheckedRoads},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.ROADS_CHECKED_JUST_NOW,
                ProblemCode.AUDIT_UNAVAILABLE,
            ),
        },
    )
    async def check(request: Request, reader: Annotated[Caller, Depends(get_reader)]) -> Response:  # noqa: ARG001
        async with rejections(reader):
            reports = await desk.run(reader)
        content = orjson.dumps(said(reports).model_dump())
        return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})

    return router


def said(reports: Sequence[RoadReport]) -> CheckedRoads:
    """Return the reports in words."""
    roads = [
        CheckedRoad(
            road=report.road,
            host=report.host,
            ok=not report.has_failed,
            steps=[_step(step) for step in report.steps],
        )
        for report in reports
    ]
    return CheckedRoads(ok=all(road.ok for road in roads), roads=roads)


def _step(result: StepResult) -> CheckedStep:
    return CheckedStep(
        step=result.step.value,
        verdict=result.verdict.value,
        finding=result.finding.value,
        duration_ms=result.duration_ms,
        details=result.details,
        meaning=BothLanguages(**MEANINGS[result.finding]),
        help=BothLanguages(**HELPERS[result.finding]),
    )
