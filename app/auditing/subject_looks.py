"""Looks as citizens read them: units and procedures by the names of that day, and today's beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.audit.record import Outcome, Value
from app.auditing.subject_evidence import Proven, RawLook
from app.clock import local_day
from app.units.history import successors
from app.units.store import UnitRegister
from app.units.values import UnitVersion

_SHOWN_DIGITS: Final = 3

ProcedureNames = Mapping[str, Sequence[tuple[date, date | None, str]]]
"""What the catalogue called each procedure, from which day and until before which."""


@dataclass(frozen=True, slots=True)
class UnitSaid:
    """A unit: its code and name on the day of the look, and what has its place today."""

    code: str | None
    name_then: str | None
    names_today: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """Who and what is called how; `officers` is empty where the department's policy hides their names."""

    register: UnitRegister
    procedures: ProcedureNames
    officers: Mapping[str, str]
    today: date


@dataclass(frozen=True, slots=True)
class Look:
    """One look; codes as records have them, names beside them. `outcome` is None while it runs.

    `is_released`: the gateway let go of the citizen's data, or of an answer that was made of them.
    """

    lookup_id: UUID
    at: datetime
    number: str
    unit: UnitSaid
    role: str | None
    officer_name: str | None
    procedure_code: str | None
    procedure_name: str | None
    legal_basis: str | None
    dossier_code: str | None
    linked_dossier_code: str | None
    no_dossier_reason: str | None
    purpose: str | None = field(repr=False)
    verification_method: str | None
    reception_channel: str | None
    fields_asked: tuple[str, ...] | None
    fields_disclosed: tuple[str, ...]
    claims_asked: tuple[str, ...]
    claims_answered: int
    outcome: str | None
    problem_code: str | None
    is_readable: bool
    records: tuple[Proven, ...]

    @property
    def is_released(self) -> bool:
        """Whether the officer's software was given anything of the citizen's."""
        return self.outcome == Outcome.FOUND and bool(self.fields_disclosed or self.claims_answered)

    @property
    def is_refused(self) -> bool:
        """Whether the gateway did not let the officer ask."""
        return self.outcome == Outcome.NOT_PERMITTED


def described(look: RawLook, names: Names) -> Look:
    """Return the look as a citizen reads it."""
    facts, outcome = look.facts, look.outcome or {}
    code = _text(facts.get("procedure_code"))
    claims_answered = outcome.get("claims_answered", 0)
    return Look(
        lookup_id=look.lookup_id,
        at=look.at,
        number=masked(look.number),
        unit=unit_said(facts, local_day(look.at), names),
        role=_text(facts.get("role")),
        officer_name=names.officers.get(str(facts.get("officer_id"))),
        procedure_code=code,
        procedure_name=_name_on(names.procedures.get(code or "", ()), local_day(look.at)),
        legal_basis=_text(facts.get("legal_basis")),
        dossier_code=_text(facts.get("dossier_code")),
        linked_dossier_code=_text((look.link or {}).get("dossier_code")),
        no_dossier_reason=_text(facts.get("no_dossier_reason")),
        purpose=look.purpose,
        verification_method=_text(facts.get("verification_method")),
        reception_channel=_text(facts.get("reception_channel")),
        fields_asked=_listed(facts["fields_asked"]) if "fields_asked" in facts else None,
        fields_disclosed=_listed(outcome.get("fields_disclosed", "")),
        claims_asked=_listed(facts.get("claims_asked", "")),
        claims_answered=claims_answered if isinstance(claims_answered, int) else 0,
        outcome=_text(outcome.get("outcome"))
        or (Outcome.NOT_PERMITTED.value if "problem_code" in facts else None),
        problem_code=_text(outcome.get("problem_code") or facts.get("problem_code")),
        is_readable=look.is_readable,
        records=look.records,
    )


def masked(number: str) -> str:
    """Return a number by which its owner knows it, and nobody else."""
    return "*" * (len(number) - _SHOWN_DIGITS) + number[-_SHOWN_DIGITS:]


def unit_said(facts: Mapping[str, Value], day: date, names: Names) -> UnitSaid:
    """Return what the record's unit was called on *day*, and which units have its place today."""
    code = _text(facts.get("unit_code"))
    try:
        unit_id = UUID(str(facts.get("unit_id")))
    except ValueError:
        return UnitSaid(code, None, ())
    history, today = names.register.history, names.today
    then = _version_on(history.versions.get(unit_id, ()), day)
    now = history.on(today)
    followed = successors(unit_id, [one for one in history.successions if one.on_date <= today])
    present = [unit_id] if unit_id in now else [each for each in followed if each in now]
    return UnitSaid(
        code, then.details.name if then else None, tuple(sorted(now[each].details.name for each in present))
    )


def _version_on(versions: Sequence[UnitVersion], day: date) -> UnitVersion | None:
    return next((version for version in versions if version.holds_on(day)), None)


def _name_on(said: Sequence[tuple[date, date | None, str]], day: date) -> str | None:
    return next(
        (name for since, until, name in said if since <= day and (until is None or day < until)), None
    )


def _listed(value: Value) -> tuple[str, ...]:
    return tuple(str(value).split())


def _text(value: object) -> str | None:
    return str(value) if value is not None else None
