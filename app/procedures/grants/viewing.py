"""The number that stands for the periods of a grant, and grants as the API says them."""

import hashlib
from datetime import date
from uuid import UUID

from app.procedures.grants.periods import Period, Periods
from app.procedures.grants.schemas import AllowedAnswer, GrantAnswer, PeriodAnswer
from app.procedures.grants.store import Allowed

_NUMBER_BYTES = 6


def version_number(periods: Periods) -> int:
    """Return a number that another one takes the place of whenever a period changes."""
    return int.from_bytes(hashlib.sha256(repr(periods).encode()).digest()[:_NUMBER_BYTES])


def allowed_said(grant: Allowed, day: date) -> AllowedAnswer:
    """Return what a grant allowed on *day*."""
    procedure = grant.procedure
    is_allowed = grant.agency_code is not None and procedure is not None and procedure.is_in_force(day)
    return AllowedAnswer(
        **_period_said(grant.period).model_dump(),
        unit_id=str(grant.unit_id),
        agency_code=grant.agency_code,
        unit_name=grant.unit_name,
        procedure_code=grant.procedure_code,
        procedure_name=procedure.name if procedure is not None else None,
        is_allowed=is_allowed,
        has_service_code=procedure is not None and procedure.service_code is not None,
        roles=sorted(procedure.roles) if procedure is not None else [],
        fields={name.value: basis for name, basis in procedure.fields.items()} if procedure else {},
        question_types=sorted(procedure.question_types) if procedure is not None else [],
    )


def grant_said(unit_id: UUID, procedure_code: str, periods: Periods, today: date) -> GrantAnswer:
    """Return all periods of a unit and a procedure."""
    return GrantAnswer(
        unit_id=str(unit_id),
        procedure_code=procedure_code,
        is_granted=any(one.holds_on(today) for one in periods),
        periods=[_period_said(one) for one in periods],
        version=version_number(periods),
    )


def _period_said(period: Period) -> PeriodAnswer:
    return PeriodAnswer(
        valid_from=period.valid_from.isoformat(),
        valid_to=period.valid_to.isoformat() if period.valid_to is not None else None,
        document_number=period.deciding_document,
        ending_document_number=period.ending_document,
    )
