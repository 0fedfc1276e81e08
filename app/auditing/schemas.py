"""What auditors send, and what they are shown."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from app.accounts.administration_schemas import Reason
from app.auditing.criteria import About
from app.auditing.search import MAX_PAGE
from app.web.bodies import Body

_FIRST_DAY: Final = date(2000, 1, 1)  # within these, no reckoning with days leaves the calendar
_LAST_DAY: Final = date(2199, 12, 31)

_OutcomeName = Literal[
    "found",
    "not_found",
    "mismatch",
    "upstream_unavailable",
    "upstream_confused",
    "not_permitted",
    "unknown",
    "running",
]


class AuditSearchRequest(Body):
    """What to search for, and the case it is done for; without citizen, officer or dossier a first day, too.

    `audit_reads` are what auditors and inspectors searched, exported and unmasked, `account_changes` what
    was done to accounts, units, client software, procedures, grants, keys and months of the evidence.
    """

    case_number: str = Field(max_length=200, description="up to 80 letters, digits and / . _ -")
    about: Annotated[About, Field(strict=False)] = About.LOOKUPS
    citizen_id_number: str | None = Field(default=None, max_length=20)
    officer_login: str | None = Field(default=None, max_length=64, description="who looked, read or changed")
    unit_code: str | None = Field(
        default=None,
        max_length=64,
        description="code (of today or of former days) or id; also finds those whose place the unit took",
    )
    client_id: str | None = Field(default=None, max_length=64)
    dossier_code: str | None = Field(
        default=None, max_length=80, description="also lookups that were linked to the dossier later"
    )
    procedure_code: str | None = Field(default=None, max_length=40)
    outcome: _OutcomeName | None = Field(
        default=None, description="running: none yet; not_permitted: refused, here or by the national side"
    )
    paper_may_ask: bool | None = Field(default=None, description="what the lookup's answer ruled")
    paper_asked: bool | None = Field(default=None, description="whether a record says paper was asked for")
    from_day: date | None = Field(
        default=None,
        ge=_FIRST_DAY,
        le=_LAST_DAY,
        description="first day, in Vietnam; a year back by default, with citizen, officer or dossier",
    )
    to_day: date | None = Field(
        default=None, ge=_FIRST_DAY, le=_LAST_DAY, description="last day, in Vietnam; today by default"
    )
    page_size: int = Field(default=50, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(default=None, max_length=200)


class FoundLookup(BaseModel):
    """One lookup, without any value the national side returned."""

    lookup_id: str
    time: str
    officer_login: str | None
    officer_id: str | None
    unit_code: str | None
    client_id: str | None
    citizen: str | None = Field(description="masked number; null where nobody can be shown")
    citizen_because: str | None = Field(
        description="why nobody is shown: key_destroyed, key_not_at_hand, seal_broken"
    )
    citizen_because_text: str | None = Field(description="the same in words, with when a key was destroyed")
    procedure_code: str | None
    dossier_code: str | None
    no_dossier_reason: str | None
    linked_dossier_code: str | None = Field(
        description="the dossier that came later, of a lookup without one"
    )
    outcome: str | None = Field(description="null while the lookup runs")
    problem_code: str | None
    fields_disclosed: list[str]
    paper_may_ask: bool | None
    paper_asked: bool | None = Field(description="what the officer said since; null where nothing was said")
    paper_which: str | None
    is_readable: bool = Field(description="false where what is stored is no record of ours: have it verified")


class FoundRecord(BaseModel):
    """One record of a reading of the audit, or of a change."""

    record_id: str
    time: str
    kind: str
    officer_login: str | None
    officer_id: str | None
    unit_code: str | None
    client_id: str | None
    citizen: str | None = Field(description="masked number of whom a search was for")
    facts: dict[str, str | int] = Field(description="what else the record says, by its names")
    is_readable: bool


class AuditSearchAnswer(BaseModel):
    """A page, newest first: `lookups`, or `records` where something else was searched."""

    lookups: list[FoundLookup]
    records: list[FoundRecord]
    next_cursor: str | None


class UnmaskingRequest(Body):
    """Whose person is to be shown: that of one lookup that was found, and why."""

    lookup_id: str = Field(max_length=64)
    case_number: str = Field(max_length=200, description="up to 80 letters, digits and / . _ -")
    reason: Reason


class UnmaskingAnswer(BaseModel):
    """One request; `may_decide` is whether the caller is one who can."""

    unmasking_id: str
    lookup_id: str
    case_number: str
    reason: str
    requested_by: str | None
    requested_at: str
    expires_at: str
    state: str
    decided_by: str | None
    readable_until: str | None
    readings_left: int
    may_decide: bool


class Unmaskings(BaseModel):
    """Those that concern the caller, the newest first."""

    unmaskings: list[UnmaskingAnswer]


class UnmaskedPerson(BaseModel):
    """Whom the lookup asked about, as it was asked; what was answered is stored nowhere."""

    lookup_id: str
    person: dict[str, str] = Field(description="id_number, full_name, birth_date, purpose, where given")
    readable_until: str
    readings_left: int
