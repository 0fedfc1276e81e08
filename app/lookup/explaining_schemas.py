"""JSON in and out of an explained decision; every text in Vietnamese and in English."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from app.errors import InvalidRequestError, ProblemCode
from app.lookup.dossier import parse_dossier_code
from app.lookup.dossier_shape import DossierShape
from app.lookup.explaining_desk import WhatIf
from app.lookup.parsing import parse_procedure_code
from app.procedures.fields import Field as CitizenField
from app.procedures.values import QuestionType
from app.web.bodies import Body

Text = Annotated[str, StringConstraints(max_length=500)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]


class ExplanationRequest(Body):
    """Whose question is judged, by which software, for what; no citizen stands in it."""

    officer_id: UUID | None = None
    login_name: Text | None = Field(default=None, description="in place of officer_id")
    client_id: Text | None = Field(default=None, description="the software of this session by default")
    procedure_code: Text = Field(examples=["1.004194"])
    dossier_code: Text | None = Field(default=None, description="none where there is no dossier yet")
    question_type: QuestionType = QuestionType.LOOKUP
    fields: list[CitizenField] | None = Field(default=None, description="all that is permitted by default")
    on: Day | None = Field(default=None, description="the day, today by default")


class BothLanguages(BaseModel):
    """One text twice."""

    vi: str
    en: str


class MenderAnswer(BaseModel):
    """Somebody who can change it."""

    who: str
    text: BothLanguages


class RuleAnswer(BaseModel):
    """One rule; `state` is `passed`, `failed`, `not_reached` or `not_applicable`."""

    rule: str
    state: str
    text: BothLanguages
    who_can_change: list[MenderAnswer]


class PermittedField(BaseModel):
    """A field that would be shown, and the legal basis it is shown on."""

    field: str
    legal_basis: str


class RefusedField(BaseModel):
    """A field that was asked for and is not permitted; `because` is `not_listed` or `no_legal_basis`."""

    field: str
    field_class: str
    field_class_text: BothLanguages
    because: str
    text: BothLanguages


class RefusalAnswer(BaseModel):
    """The problem a lookup would be answered with, and the rule that decided."""

    code: str
    rule: str
    title: BothLanguages
    detail: BothLanguages
    who_can_change: list[MenderAnswer]
    fields: list[RefusedField]


class ObstacleAnswer(BaseModel):
    """What turns the officer away today before any rule is asked."""

    code: str
    title: BothLanguages
    detail: BothLanguages
    who_can_change: list[MenderAnswer]


class UnitOfTheDay(BaseModel):
    """Where the officer works on the day."""

    unit_id: str
    agency_code: str
    name: str


class ExplanationAnswer(BaseModel):
    """What would be decided; `fields` is empty and `refusal` there where it is a refusal."""

    officer_id: str
    login_name: str
    role: str
    unit: UnitOfTheDay | None
    client_id: str
    procedure_code: str
    question_type: str
    on: str
    is_permitted: bool
    fields: list[PermittedField]
    refusal: RefusalAnswer | None
    rules: list[RuleAnswer]
    obstacles_today: list[ObstacleAnswer]


def to_what_if(body: ExplanationRequest, today: date, shapes: tuple[DossierShape, ...]) -> WhatIf:
    """Return what a body asks; InvalidRequestError for the first part that cannot be right."""
    officer = body.officer_id or body.login_name
    if officer is None or (body.officer_id is not None and body.login_name is not None):
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/officer_id", "/login_name"))
    day = body.on or today
    return WhatIf(
        officer=officer,
        procedure_code=parse_procedure_code(body.procedure_code),
        dossier=(
            parse_dossier_code(body.dossier_code, day, shapes=shapes)
            if body.dossier_code is not None
            else None
        ),
        day=day,
        question_type=body.question_type,
        fields=frozenset(body.fields) if body.fields is not None else None,
        client_id=body.client_id,
    )
