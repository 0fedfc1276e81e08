"""The facts that papers show."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Slip:
    """One officer's first access; the code stands on this paper and nowhere else."""

    number: str
    full_name: str
    login_name: str
    unit_name: str
    position: str
    activation_code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Party:
    """Who gives or receives: a person and what they are."""

    full_name: str
    position: str
    unit_name: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One slip in a handover record; never its code."""

    slip_number: str
    full_name: str
    login_name: str
    position: str


@dataclass(frozen=True, slots=True)
class Handover:
    """What a handover record states (R11); `documents` are the letters it rests on."""

    number: str
    authority_name: str
    unit_name: str
    place: str
    day: date
    giver: Party
    receiver: Party
    documents: tuple[str, ...]
    slips: tuple[HandedOver, ...]
