"""JSON in and out of the lookup routes."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from app.audit.record import Claim
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.card_qr import LONGEST_CONTENT, Card, parse_card_qr
from app.lookup.claims import CitizenClaim
from app.lookup.command import LookupCommand, ReceptionChannel, VerificationMethod
from app.lookup.dossier import DossierCode, NoDossierReason, parse_dossier_code
from app.lookup.dossier_shape import USUAL_SHAPES, DossierShape
from app.lookup.parsing import parse_procedure_code, parse_purpose, parse_question
from app.lookup.values import Question
from app.procedures.fields import Field as CitizenField
from app.web.bodies import Body

Text = Annotated[str, StringConstraints(max_length=500)]
_READ_FROM_CARDS: Final = frozenset(
    {VerificationMethod.CHIP_CARD, VerificationMethod.QR_READER, VerificationMethod.CHIP_READER}
)
"""The ways (R37) in which the card itself is at hand."""


class CitizenQuestion(Body):
    """The three keys of a question (R43); there is no search by less."""

    id_number: Text = Field(examples=["099190000017"], description="12 digits, or 9 of the former card")
    full_name: Text = Field(examples=["Trần Văn Thử"])
    birth_date: Text = Field(examples=["1990-05-09"], description="yyyy-mm-dd, or yyyy")


class QuestionRequest(Body):
    """Whom to ask about, and why: `citizen` or `card_qr`, and `dossier_code` or `no_dossier_reason`."""

    citizen: CitizenQuestion | None = None
    card_qr: Annotated[str, StringConstraints(max_length=LONGEST_CONTENT)] | None = Field(
        default=None, description="what a scanner read from the card's QR code, unchanged"
    )
    procedure_code: Text = Field(examples=["1.004194"])
    dossier_code: Text | None = Field(default=None, examples=["000.00.00.H19-230301-0001"])
    no_dossier_reason: NoDossierReason | None = Field(
        default=None, description="why there is no dossier code yet; it is linked later"
    )
    verification_method: VerificationMethod
    reception_channel: ReceptionChannel
    purpose: Text | None = Field(default=None, description="free text, sealed with the person in the record")
    retry_of: str | None = Field(default=None, description="an earlier lookup whose data was entered again")


class LookupRequest(QuestionRequest):
    """Whom to look up, and why."""

    fields: list[CitizenField] | None = Field(default=None, description="narrows what the procedure permits")
    confirmation: bool = Field(default=False, description="also give a signed PDF for the dossier, if found")


class PaperKind(BaseModel):
    """A paper that may stand in for the lookup."""

    code: str
    name: str


class NoticeText(BaseModel):
    """Something to know when reading the answer."""

    code: str
    text: str


class FaultNoticeText(NoticeText):
    """What is wrong with the national record, in which of the permitted fields, and where it is corrected."""

    fault_class: str
    fields: list[str]


class PaperAnswer(BaseModel):
    """Whether the desk may ask for paper, and what to tell the citizen."""

    may_ask: bool
    because: str
    which: list[PaperKind]
    advice: list[NoticeText]


class ConfirmationAnswer(BaseModel):
    """The signed confirmation, shown this once; `content` is base64 (RFC 4648 section 4)."""

    receipt_id: str
    media_type: str
    content: str


class PresentCommune(BaseModel):
    """A commune in force today and the province it lies in."""

    commune_code: str | None
    commune_name: str | None
    province_code: str | None
    province_name: str | None


class CandidateCommune(PresentCommune):
    """A commune that an address may lie in; unconfirmed where the sources disagree."""

    is_confirmed: bool


class PresentUnitAnswer(PresentCommune):
    """Where an address lies today by succession; null and `candidates` where that is not certain."""

    status: Literal["same", "succeeded", "ambiguous", "unknown"]
    candidates: list[CandidateCommune]


class LookupAnswer(BaseModel):
    """A lookup's answer; `citizen` holds the permitted fields of a found person, else null.

    Addresses stand there as received; `present_units` says of each that is shown where it lies today.
    """

    lookup_id: str
    outcome: str
    message: str
    citizen: dict[str, object] | None
    present_units: dict[str, PresentUnitAnswer]
    paper: PaperAnswer
    fetched_at: str
    source: str
    notices: list[NoticeText | FaultNoticeText]
    confirmation: ConfirmationAnswer | None = Field(default=None, description="there only if asked for")


class LookupRecord(BaseModel):
    """What became of a lookup; `outcome` is null while it runs, `dossier_code` until one is linked."""

    lookup_id: str
    outcome: str | None
    problem_code: str | None
    procedure_code: str | None
    dossier_code: str | None
    no_dossier_reason: str | None
    dossier_linked_at: str | None
    asked_at: str


class NoticeAnswer(BaseModel):
    """The confidentiality notice."""

    version: str
    text: str
    accepted_today: bool


class NoticeAcceptance(Body):
    """Which version of the notice was read."""

    version: Text


def to_command(
    body: LookupRequest,
    today: date,
    claim: Claim | None,
    shapes: Sequence[DossierShape] = USUAL_SHAPES,
) -> LookupCommand:
    """Return the command a body asks for; InvalidRequestError for the first part that cannot be right."""
    fields = frozenset(body.fields) if body.fields is not None else None
    return command_of(body, today, claim, fields, shapes=shapes, wants_confirmation=body.confirmation)


def command_of(
    body: QuestionRequest,
    today: date,
    claim: Claim | None,
    fields: frozenset[CitizenField] | None,
    citizen_claims: tuple[CitizenClaim, ...] = (),
    shapes: Sequence[DossierShape] = USUAL_SHAPES,
    *,
    wants_confirmation: bool = False,
) -> LookupCommand:
    """Return the command with *fields*, or a verification's; InvalidRequestError as to_command."""
    question, card = _question(body, today)
    return LookupCommand(  # by position: giving so many by name takes longer than reading half of them
        question,
        parse_procedure_code(body.procedure_code),
        _dossier(body, today, shapes),
        body.verification_method,
        body.reception_channel,
        parse_purpose(body.purpose) if body.purpose is not None else None,
        fields,
        _parse_retry_of(body.retry_of) if body.retry_of is not None else None,
        claim,
        body.no_dossier_reason,
        card,
        wants_confirmation,
        citizen_claims,
    )


def _question(body: QuestionRequest, today: date) -> tuple[Question, Card | None]:
    citizen, content = body.citizen, body.card_qr
    if citizen is not None and content is None:
        return parse_question(citizen.id_number, citizen.full_name, citizen.birth_date, today), None
    if content is None or citizen is not None:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/citizen", "/card_qr"))
    if body.verification_method not in _READ_FROM_CARDS:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/verification_method",))
    card = parse_card_qr(content, today)
    return card.question, card


def _dossier(body: QuestionRequest, today: date, shapes: Sequence[DossierShape]) -> DossierCode | None:
    if (body.dossier_code is None) is (body.no_dossier_reason is None):
        pointers = ("/dossier_code", "/no_dossier_reason")
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=pointers)
    if body.dossier_code is None:
        return None
    return parse_dossier_code(body.dossier_code, today, shapes=shapes)


def _parse_retry_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidRequestError(ProblemCode.RETRY_OF_UNKNOWN, fields=("/retry_of",)) from None
