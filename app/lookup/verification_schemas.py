"""JSON in and out of verifications."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from pydantic import BaseModel, Field

from app.audit.record import Claim
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.claims import (
    MOST_CLAIMS,
    CitizenClaim,
    ClaimKind,
    HouseholdClaim,
    ResidenceClaim,
    needed_fields,
)
from app.lookup.command import LookupCommand
from app.lookup.dossier_shape import USUAL_SHAPES, DossierShape
from app.lookup.parsing import parse_full_name, parse_id_number, parse_line
from app.lookup.schemas import FaultNoticeText, NoticeText, PaperAnswer, QuestionRequest, Text, command_of
from app.lookup.values import Address
from app.web.bodies import Body

_CODES: Final = {
    "commune_code": re.compile("[0-9]{5}"),
    "district_code": re.compile("[0-9]{3}"),
    "province_code": re.compile("[0-9]{2}"),
}
_RELATION: Final = re.compile(r"[\w .-]{1,40}")
_NOTHING: Final = Address()
_OF_HOUSEHOLD: Final = ("full_name", "id_number", "relation")


class ClaimedAddress(Body):
    """An address as claimed; at least one member."""

    line: Text | None = Field(default=None, examples=["Số 5 đường Thử, xã Mẫu"])
    commune_code: Text | None = Field(default=None, examples=["26740"])
    district_code: Text | None = Field(default=None, description="of before July 2025", examples=["760"])
    province_code: Text | None = Field(default=None, examples=["79"])


class ClaimBody(Body):
    """One claim: `address` for a residence; for a household its head's `full_name` or `id_number` or both."""

    kind: ClaimKind
    address: ClaimedAddress | None = None
    full_name: Text | None = None
    id_number: Text | None = None
    relation: Text | None = Field(
        default=None, description="to the head, household_member only; the code the national record uses"
    )


class VerificationRequest(QuestionRequest):
    """Whom it is about, why, and what is claimed."""

    claims: list[ClaimBody] = Field(min_length=1, max_length=MOST_CLAIMS)


class ClaimAnswer(BaseModel):
    """Whether a claim holds: `true`, `false` or `unknown`, and what that means."""

    kind: str
    verdict: str
    message: str


class VerificationAnswer(BaseModel):
    """A verification's answer: a verdict on each claim, in their order, and no data."""

    lookup_id: str
    outcome: str
    message: str
    claims: list[ClaimAnswer]
    paper: PaperAnswer
    fetched_at: str
    source: str
    notices: list[NoticeText | FaultNoticeText]


def to_verification(
    body: VerificationRequest,
    today: date,
    claim: Claim | None,
    shapes: Sequence[DossierShape] = USUAL_SHAPES,
) -> LookupCommand:
    """Return the command a body asks for; InvalidRequestError for the first part that cannot be right."""
    claims = tuple(_parse_claim(each, f"/claims/{number}") for number, each in enumerate(body.claims))
    return command_of(body, today, claim, needed_fields(claims), claims, shapes)


def _parse_claim(body: ClaimBody, pointer: str) -> CitizenClaim:
    is_residence = body.kind in {ClaimKind.PERMANENT_RESIDENCE, ClaimKind.CURRENT_RESIDENCE}
    misplaced = _OF_HOUSEHOLD if is_residence else ("address",)
    if body.kind is ClaimKind.HOUSEHOLD_HEAD:
        misplaced = (*misplaced, "relation")
    for name in misplaced:
        if getattr(body, name) is not None:
            raise _refusal(f"{pointer}/{name}")
    if is_residence:
        return ResidenceClaim(body.kind, _parse_address(body.address, f"{pointer}/address"))
    if body.full_name is None and body.id_number is None:
        raise _refusal(pointer)
    return HouseholdClaim(
        body.kind,
        parse_full_name(body.full_name, f"{pointer}/full_name") if body.full_name is not None else None,
        parse_id_number(body.id_number, f"{pointer}/id_number") if body.id_number is not None else None,
        _parse_relation(body.relation, f"{pointer}/relation"),
    )


def _parse_relation(text: str | None, pointer: str) -> str | None:
    if text is not None and not _RELATION.fullmatch(text):
        raise _refusal(pointer)
    return text


def _parse_address(body: ClaimedAddress | None, pointer: str) -> Address:
    if body is None:
        raise _refusal(pointer)
    for name, pattern in _CODES.items():
        code = getattr(body, name)
        if code is not None and not pattern.fullmatch(code):
            raise _refusal(f"{pointer}/{name}")
    line = parse_line(body.line, f"{pointer}/line") if body.line is not None else None
    address = Address(line, body.commune_code, body.district_code, body.province_code)
    if address == _NOTHING:
        raise _refusal(pointer)
    return address


def _refusal(pointer: str) -> InvalidRequestError:
    return InvalidRequestError(ProblemCode.INVALID_VALUE, fields=(pointer,))
