"""Decides from values alone which fields a lookup may see, or why it may not be made."""

from dataclasses import dataclass
from datetime import date

from app.accounts.values import Officer, Permission
from app.errors import ProblemCode
from app.lookup.dossier import DossierCode, belongs_to
from app.procedures.fields import Field
from app.procedures.values import Procedure
from app.units.values import Unit


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks on which day: the officer, their unit, and the procedure as that unit stands to it.

    `procedure` is None where the catalogue does not know the code.
    """

    officer: Officer
    unit: Unit
    procedure: Procedure | None
    is_granted: bool
    day: date
    is_client_permitted: bool = True
    """Whether the client software may ask for the procedure."""


@dataclass(frozen=True, slots=True)
class Permit:
    """What the lookup may ask and show, and in whose name it asks the national side."""

    fields: frozenset[Field]
    service_code: str
    officer_code: str
    legal_basis: str


def decide(  # noqa: PLR0911 - one return per rule, so that each refusal can be read off
    standing: Standing, dossier: DossierCode | None, asked: frozenset[Field] | None
) -> Permit | ProblemCode:
    """Return the permit, or the one refusal that comes first; *asked* may only narrow (None asks for all).

    Officer, client software, unit, procedure and dossier decide together (R24, R28); the order of the
    rules is the order in which somebody can mend them.
    """
    officer, procedure = standing.officer, standing.procedure
    if not officer.may(Permission.LOOK_UP):
        return ProblemCode.ROLE_NOT_PERMITTED
    if procedure is None:
        return ProblemCode.PROCEDURE_UNKNOWN
    if (refusal := _why_not(procedure, standing)) is not None:
        return refusal
    if procedure.service_code is None:
        return ProblemCode.PROCEDURE_NOT_MAPPED
    if officer.upstream_officer_code is None:
        return ProblemCode.OFFICER_NOT_MAPPED
    if dossier is not None and not belongs_to(dossier, standing.unit.agency_codes):
        return ProblemCode.DOSSIER_OF_ANOTHER_AGENCY
    permitted = frozenset(procedure.fields)
    if asked is not None and not asked <= permitted:
        return ProblemCode.FIELD_NOT_PERMITTED
    return Permit(
        fields=permitted if asked is None else asked,
        service_code=procedure.service_code,
        officer_code=officer.upstream_officer_code,
        legal_basis=procedure.legal_basis,
    )


def _why_not(procedure: Procedure, standing: Standing) -> ProblemCode | None:
    if not procedure.is_in_force(standing.day):
        return ProblemCode.PROCEDURE_NOT_IN_FORCE
    if not standing.is_granted or standing.officer.role not in procedure.roles:
        return ProblemCode.PROCEDURE_NOT_GRANTED
    if not standing.is_client_permitted:
        return ProblemCode.CLIENT_PROCEDURE_NOT_PERMITTED
    return None
