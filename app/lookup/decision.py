"""Decides from values alone which fields a question may see, or which rule forbids it and who mends that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from app.accounts.values import Officer, Permission
from app.errors import ProblemCode
from app.lookup.dossier import DossierCode, belongs_to
from app.procedures.fields import Field
from app.procedures.values import Procedure, QuestionType
from app.units.values import Unit


class Standing(NamedTuple):
    """Who asks on which day: the officer, their unit, and the procedure as that unit stands to it.

    `unit` is None where the officer works nowhere that day, `procedure` where the catalogue does not know
    the code.
    """

    officer: Officer
    unit: Unit | None
    procedure: Procedure | None
    is_granted: bool
    day: date
    is_client_permitted: bool = True
    """Whether the client software may ask for the procedure."""


class Permit(NamedTuple):
    """What the question may ask and show, and in whose name it asks the national side."""

    fields: frozenset[Field]
    service_code: str
    officer_code: str
    legal_basis: str


class Rule(StrEnum):
    """All that must hold, in the order in which it is asked; the first that does not decides."""

    POSTED = "posted"
    ROLE_ASKS = "role_asks"
    PROCEDURE_KNOWN = "procedure_known"
    PROCEDURE_IN_FORCE = "procedure_in_force"
    QUESTION_TYPE_LISTED = "question_type_listed"
    UNIT_GRANTED = "unit_granted"
    ROLE_LISTED = "role_listed"
    CLIENT_PERMITTED = "client_permitted"
    PROCEDURE_MAPPED = "procedure_mapped"
    OFFICER_MAPPED = "officer_mapped"
    DOSSIER_OF_UNIT = "dossier_of_unit"
    FIELDS_PERMITTED = "fields_permitted"


class Mender(StrEnum):
    """Who can change what a rule looks at."""

    DEPARTMENT_ADMINISTRATOR = "department_administrator"
    UNIT_ADMINISTRATOR = "unit_administrator"
    CLIENT_SOFTWARE = "client_software"
    """Whoever runs the one-stop software, by letting it ask for something else."""
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a broken rule answers, and who can change it; who comes first can do so without the next."""

    code: ProblemCode
    menders: tuple[Mender, ...]


_LOOK_UP: Final = Permission.LOOK_UP  # looked up once: an enum's members cost as much as a call
_DEPARTMENT: Final = (Mender.DEPARTMENT_ADMINISTRATOR,)

CONSEQUENCES: Final[Mapping[Rule, Consequence]] = {
    Rule.POSTED: Consequence(ProblemCode.UNIT_INACTIVE, _DEPARTMENT),
    Rule.ROLE_ASKS: Consequence(ProblemCode.ROLE_NOT_PERMITTED, _DEPARTMENT),
    Rule.PROCEDURE_KNOWN: Consequence(
        ProblemCode.PROCEDURE_UNKNOWN, (Mender.CLIENT_SOFTWARE, Mender.DEPARTMENT_ADMINISTRATOR)
    ),
    Rule.PROCEDURE_IN_FORCE: Consequence(ProblemCode.PROCEDURE_NOT_IN_FORCE, _DEPARTMENT),
    Rule.QUESTION_TYPE_LISTED: Consequence(
        ProblemCode.QUESTION_TYPE_NOT_PERMITTED, (Mender.CLIENT_SOFTWARE, Mender.DEPARTMENT_ADMINISTRATOR)
    ),
    Rule.UNIT_GRANTED: Consequence(ProblemCode.PROCEDURE_NOT_GRANTED, _DEPARTMENT),
    Rule.ROLE_LISTED: Consequence(
        ProblemCode.PROCEDURE_NOT_GRANTED, (Mender.UNIT_ADMINISTRATOR, Mender.DEPARTMENT_ADMINISTRATOR)
    ),
    Rule.CLIENT_PERMITTED: Consequence(ProblemCode.CLIENT_PROCEDURE_NOT_PERMITTED, _DEPARTMENT),
    Rule.PROCEDURE_MAPPED: Consequence(ProblemCode.PROCEDURE_NOT_MAPPED, _DEPARTMENT),
    Rule.OFFICER_MAPPED: Consequence(
        ProblemCode.OFFICER_NOT_MAPPED, (Mender.UNIT_ADMINISTRATOR, Mender.DEPARTMENT_ADMINISTRATOR)
    ),
    Rule.DOSSIER_OF_UNIT: Consequence(
        ProblemCode.DOSSIER_OF_ANOTHER_AGENCY, (Mender.OFFICER, Mender.DEPARTMENT_ADMINISTRATOR)
    ),
    Rule.FIELDS_PERMITTED: Consequence(
        ProblemCode.FIELD_NOT_PERMITTED, (Mender.CLIENT_SOFTWARE, Mender.DEPARTMENT_ADMINISTRATOR)
    ),
}


def decide(
    standing: Standing,
    dossier: DossierCode | None,
    asked: frozenset[Field] | None,
    question_type: QuestionType = QuestionType.LOOKUP,
) -> Permit | ProblemCode:
    """Return the permit, or the problem that the first broken rule answers; as `judge` else."""
    verdict = judge(standing, dossier, asked, question_type)
    return CONSEQUENCES[verdict].code if isinstance(verdict, Rule) else verdict


def judge(  # noqa: PLR0911 - one return per rule, so that each refusal can be read off
    standing: Standing,
    dossier: DossierCode | None,
    asked: frozenset[Field] | None,
    question_type: QuestionType,
) -> Permit | Rule:
    """Return the permit, or the first rule that is broken; *asked* may only narrow (None asks for all).

    Officer, unit, procedure, client software and dossier decide together (R24, R28). A *dossier* of None
    is none yet, for a stated reason: it belongs to no agency.
    """
    officer, unit, procedure = standing.officer, standing.unit, standing.procedure
    if unit is None:
        return Rule.POSTED
    if not officer.may(_LOOK_UP):
        return Rule.ROLE_ASKS
    if procedure is None:
        return Rule.PROCEDURE_KNOWN
    if (broken := _broken_for(procedure, standing, question_type)) is not None:
        return broken
    if procedure.service_code is None:
        return Rule.PROCEDURE_MAPPED
    if officer.upstream_officer_code is None:
        return Rule.OFFICER_MAPPED
    if dossier is not None and not belongs_to(dossier, unit.agency_codes):
        return Rule.DOSSIER_OF_UNIT
    permitted = procedure.permitted_fields
    if asked is not None and not asked <= permitted:
        return Rule.FIELDS_PERMITTED
    fields = permitted if asked is None else asked
    return Permit(fields, procedure.service_code, officer.upstream_officer_code, procedure.legal_basis)


def _broken_for(procedure: Procedure, standing: Standing, question_type: QuestionType) -> Rule | None:
    if not procedure.is_in_force(standing.day):
        return Rule.PROCEDURE_IN_FORCE
    if question_type not in procedure.question_types:
        return Rule.QUESTION_TYPE_LISTED
    if not standing.is_granted:
        return Rule.UNIT_GRANTED
    if standing.officer.role not in procedure.roles:
        return Rule.ROLE_LISTED
    if not standing.is_client_permitted:
        return Rule.CLIENT_PERMITTED
    return None
