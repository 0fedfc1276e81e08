"""The facts that papers show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from app.clock import VIETNAM


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


@dataclass(frozen=True, slots=True)
class Line:
    """One fact: what it is, and what it says."""

    label: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Section:
    """Some facts under a heading of their own."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Asked:
    """The lookup that a receipt is about: who made it, and what for."""

    lookup_id: str
    at: datetime
    unit_name: str
    officer_name: str
    procedure: str
    dossier: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells one receipt from another, and who vouches for it."""

    receipt_id: str = field(repr=False)
    check_address: str = field(repr=False)
    made_at: datetime
    signer: str


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look, a text for each column; lines are divided by line ends."""

    when: str
    unit: str
    purpose: str = field(repr=False)
    shown: str
    result: str


@dataclass(frozen=True, slots=True)
class SubjectPaper:
    """All that the report shows."""

    number: str
    unit_name: str
    made_at: datetime
    request: Section
    summary: Sequence[str]
    looks: Sequence[LookRow] = field(repr=False)
    audits: Sequence[str]
    meaning: Sequence[str]
    rights: Sequence[str]
    checking: Section


def vietnam_time(instant: datetime) -> str:
    """Return an instant as papers write it."""
    return f"{instant.astimezone(VIETNAM):%H:%M:%S ngày %d/%m/%Y} (giờ Việt Nam)"
