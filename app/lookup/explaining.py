"""Says of a decision which rule made it, how every other rule stood, and why a field is not shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.lookup.decision import Permit, Rule, Standing, judge
from app.lookup.dossier import DossierCode
from app.procedures.fields import DEFAULT_FIELDS, SENSITIVE_FIELDS, Field
from app.procedures.values import QuestionType

_HOUSEHOLD_FIELDS: Final = frozenset(
    {Field.HOUSEHOLD_HEAD, Field.RELATION_TO_HEAD, Field.RESIDENCE_FILE_NUMBER}
)


class RuleState(StrEnum):
    """How a rule stood; nothing after the first failed one is looked at."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not_reached"
    NOT_APPLICABLE = "not_applicable"
    """There is nothing the rule could look at: no dossier yet."""


class FieldClass(StrEnum):
    """How freely a field is given."""

    USUAL = "usual"
    """One of the five that a procedure sees unless its entry says otherwise."""
    LISTED = "listed"
    """Seen where the procedure lists it."""
    HOUSEHOLD = "household"
    SENSITIVE = "sensitive"
    """Seen only where the law names it for this procedure (R48, R91)."""


class Lack(StrEnum):
    """Why a field that was asked for is not shown."""

    NOT_LISTED = "not_listed"
    NO_LEGAL_BASIS = "no_legal_basis"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision taken apart; `fields` are those permitted with their legal bases, empty on a refusal."""

    broken: Rule | None
    states: Mapping[Rule, RuleState]
    fields: Mapping[Field, str]
    lacking: Mapping[Field, Lack]


def explain(
    standing: Standing,
    dossier: DossierCode | None,
    asked: frozenset[Field] | None,
    question_type: QuestionType,
) -> Explanation:
    """Return what `judge`, which a lookup is decided by, makes of the same values, rule by rule."""
    verdict = judge(standing, dossier, asked, question_type)
    bases = standing.procedure.fields if standing.procedure is not None else {}
    if isinstance(verdict, Permit):
        permitted = {field: bases[field] for field in Field if field in verdict.fields}
        return Explanation(None, _states(None, dossier), permitted, {})
    wanted = (asked or frozenset()) if verdict is Rule.FIELDS_PERMITTED else frozenset()
    lacks = {field: _lack(field, bases) for field in Field if field in wanted}
    lacking = {field: lack for field, lack in lacks.items() if lack is not None}
    return Explanation(verdict, _states(verdict, dossier), {}, lacking)


def class_of(field: Field) -> FieldClass:
    """Return how freely a field is given."""
    if field in SENSITIVE_FIELDS:
        return FieldClass.SENSITIVE
    if field in _HOUSEHOLD_FIELDS:
        return FieldClass.HOUSEHOLD
    return FieldClass.USUAL if field in DEFAULT_FIELDS else FieldClass.LISTED


def _states(broken: Rule | None, dossier: DossierCode | None) -> dict[Rule, RuleState]:
    order = list(Rule)
    reached = order.index(broken) if broken is not None else len(order)
    states = {}
    for place, rule in enumerate(order):
        states[rule] = RuleState.PASSED if place < reached else RuleState.NOT_REACHED
        if rule is Rule.DOSSIER_OF_UNIT and dossier is None and place < reached:
            states[rule] = RuleState.NOT_APPLICABLE
    if broken is not None:
        states[broken] = RuleState.FAILED
    return states


def _lack(field: Field, bases: Mapping[Field, str]) -> Lack | None:
    if field not in bases:
        return Lack.NOT_LISTED
    return None if bases[field].strip() else Lack.NO_LEGAL_BASIS
