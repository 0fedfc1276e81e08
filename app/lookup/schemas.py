"""JSON in and out of the lookup routes."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from app.audit.record import Claim
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.command import LookupCommand, ReceptionChannel, VerificationMethod
from app.lookup.dossier import parse_dossier_code
from app.lookup.parsing import parse_procedure_code, parse_purpose, parse_question
from app.procedures.fields import Field as CitizenField
from app.web.bodies import Body

Text = Annotated[str, StringConstraints(max_length=500)]


class CitizenQuestion(Body):
    """The three keys of a question (R43); there is no search by less."""

    id_number: Text = Field(examples=["099190000017"], description="12 digits, or 9 of the former card")
    full_name: Text = Field(examples=["Trần Văn Thử"])
    birth_date: Text = Field(examples=["1990-05-09"], description="yyyy-mm-dd, or yyyy")


class LookupRequest(Body):
    """Whom to look up, and why."""

    citizen: CitizenQuestion
    procedure_code: Text = Field(examples=["1.004194"])
    dossier_code: Text = Field(examples=["000.00.00.H19-230301-0001"])
    verification_method: VerificationMethod
    reception_channel: ReceptionChannel
    purpose: Text | None = Field(default=None, description="free text, sealed with the person in the record")
    fields: list[CitizenField] | None = Field(default=None, description="narrows what the procedure permits")
    retry_of: str | None = Field(default=None, description="an earlier lookup whose data was entered again")


class PaperKind(BaseModel):
    """A paper that may stand in for the lookup."""

    code: str
    name: str


class PaperAnswer(BaseModel):
    """Whether the desk may ask for paper."""

    may_ask: bool
    because: str
    which: list[PaperKind]


class NoticeText(BaseModel):
    """Something to know when reading the answer."""

    code: str
    text: str


class LookupAnswer(BaseModel):
    """A lookup's answer; `citizen` holds the permitted fields of a found person, else null."""

    lookup_id: str
    outcome: str
    message: str
    citizen: dict[str, object] | None
    paper: PaperAnswer
    fetched_at: str
    source: str
    notices: list[NoticeText]


class LookupRecord(BaseModel):
    """What became of a lookup; `outcome` is null while it runs."""

    lookup_id: str
    outcome: str | None
    problem_code: str | None
    procedure_code: str | None
    dossier_code: str | None
    asked_at: str


class NoticeAnswer(BaseModel):
    """The confidentiality notice."""

    version: str
    text: str
    accepted_today: bool


class NoticeAcceptance(Body):
    """Which version of the notice was read."""

    version: Text


def to_command(body: LookupRequest, today: date, claim: Claim | None) -> LookupCommand:
    """Return the command a body asks for; InvalidRequestError for the first part that cannot be right."""
    citizen = body.citizen
    return LookupCommand(
        question=parse_question(citizen.id_number, citizen.full_name, citizen.birth_date, today),
        procedure_code=parse_procedure_code(body.procedure_code),
        dossier=parse_dossier_code(body.dossier_code, today),
        verification_method=body.verification_method,
        reception_channel=body.reception_channel,
        purpose=parse_purpose(body.purpose) if body.purpose is not None else None,
        fields=frozenset(body.fields) if body.fields is not None else None,
        retry_of=_parse_retry_of(body.retry_of),
        claim=claim,
    )


def _parse_retry_of(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidRequestError(ProblemCode.RETRY_OF_UNKNOWN, fields=("/retry_of",)) from None
