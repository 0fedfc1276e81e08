"""`POST /v1/decisions/explain`: why an officer may, or may not, ask for a procedure."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.errors import ProblemCode
from app.lookup.decision import CONSEQUENCES, Consequence, Mender, Rule
from app.lookup.dossier_shape import DossierShape
from app.lookup.explaining import Explanation, class_of
from app.lookup.explaining_desk import Explained, ExplainingDesk, WhatIf
from app.lookup.explaining_schemas import (
    BothLanguages,
    ExplanationAnswer,
    ExplanationRequest,
    MenderAnswer,
    ObstacleAnswer,
    PermittedField,
    RefusalAnswer,
    RefusedField,
    RuleAnswer,
    UnitOfTheDay,
    to_what_if,
)
from app.lookup.explaining_texts import CLASSES, LACKS, MENDERS, RULES
from app.web.bodies import read_json
from app.web.openapi import body_of, problems
from app.web.problem_texts import TEXTS, Language

_MAX_BODY_BYTES: Final = 8192


def explaining_router(
    desk: ExplainingDesk,
    shapes: tuple[DossierShape, ...],
    rejections: Rejections,
    get_explainer: GetCaller,
) -> APIRouter:
    """Return the route for administrators: of the department everywhere, of a unit in it and below."""
    router = APIRouter(tags=["administration"])

    @router.post(
        "/v1/decisions/explain",
        summary="Which fields an officer would be shown for a procedure, or which rule forbids it",
        openapi_extra=body_of(ExplanationRequest),
        response_model=None,
        responses={
            200: {"model": ExplanationAnswer},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.OFFICER_UNKNOWN,
                ProblemCode.OUTSIDE_OWN_UNITS,
                ProblemCode.CLIENT_UNKNOWN,
                ProblemCode.INVALID_PROCEDURE_CODE,
                ProblemCode.INVALID_DOSSIER_CODE,
            ),
        },
    )
    async def explain(request: Request, caller: Annotated[Caller, Depends(get_explainer)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, ExplanationRequest, max_bytes=_MAX_BODY_BYTES)
            asked = to_what_if(body, desk.today, shapes)
        answer = answer_of(asked, await desk.explain(caller, asked))
        headers = {"Cache-Control": "no-store"}  # it names an officer and what they may do
        return Response(orjson.dumps(answer.model_dump()), 200, headers, "application/json")

    return router


def answer_of(asked: WhatIf, explained: Explained) -> ExplanationAnswer:
    """Return the answer to *asked*."""
    officer, unit, said = explained.officer, explained.unit, explained.explanation
    return ExplanationAnswer(
        officer_id=str(officer.officer_id),
        login_name=officer.login_name,
        role=officer.role.value,
        unit=UnitOfTheDay(unit_id=str(unit.unit_id), agency_code=unit.agency_code, name=unit.name)
        if unit is not None
        else None,
        client_id=explained.client.client_id,
        procedure_code=asked.procedure_code,
        question_type=asked.question_type.value,
        on=asked.day.isoformat(),
        is_permitted=said.broken is None,
        fields=[PermittedField(field=field, legal_basis=basis) for field, basis in said.fields.items()],
        refusal=_refusal(said.broken, said) if said.broken is not None else None,
        rules=[
            RuleAnswer(
                rule=rule, state=state, text=_both(RULES[rule]), who_can_change=_who(CONSEQUENCES[rule])
            )
            for rule, state in said.states.items()
        ],
        obstacles_today=list(_obstacles(explained.obstacles)),
    )


def _refusal(rule: Rule, said: Explanation) -> RefusalAnswer:
    consequence = CONSEQUENCES[rule]
    return RefusalAnswer(
        code=consequence.code,
        rule=rule,
        title=_title(consequence.code),
        detail=_detail(consequence.code),
        who_can_change=_who(consequence),
        fields=[
            RefusedField(
                field=field,
                field_class=class_of(field),
                field_class_text=_both(CLASSES[class_of(field)]),
                because=lack,
                text=_both(LACKS[lack]),
            )
            for field, lack in said.lacking.items()
        ],
    )


def _obstacles(found: Iterable[Consequence]) -> Iterable[ObstacleAnswer]:
    for one in found:
        yield ObstacleAnswer(
            code=one.code, title=_title(one.code), detail=_detail(one.code), who_can_change=_who(one)
        )


def _who(consequence: Consequence) -> list[MenderAnswer]:
    return [_mender(mender) for mender in consequence.menders]


def _mender(mender: Mender) -> MenderAnswer:
    return MenderAnswer(who=mender, text=_both(MENDERS[mender]))


def _title(code: ProblemCode) -> BothLanguages:
    return BothLanguages(vi=TEXTS[code]["vi"].title, en=TEXTS[code]["en"].title)


def _detail(code: ProblemCode) -> BothLanguages:
    return BothLanguages(vi=TEXTS[code]["vi"].detail, en=TEXTS[code]["en"].detail)


def _both(words: Mapping[Language, str]) -> BothLanguages:
    return BothLanguages(vi=words["vi"], en=words["en"])
