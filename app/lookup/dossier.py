"""Reads a dossier code and says to which agency the dossier belongs."""

import datetime as dt
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from app.errors import InvalidRequestError, ProblemCode
from app.lookup.dossier_shape import USUAL_SHAPES, DossierShape
from app.units.codes import canonical_agency_code

_FUTURE: Final = {
    "vi": "Ngày trong mã số hồ sơ là ngày trong tương lai.",
    "en": "The date in the dossier code is in the future.",
}


class DossierCode(NamedTuple):
    """A dossier's code and its parts as written; `number` runs within the agency's day."""

    text: str
    agency: str
    date: dt.date
    number: str


class NoDossierReason(StrEnum):
    """Why there is no dossier code yet; there is no "other", which would be no reason."""

    GUIDANCE_BEFORE_RECEIPT = "guidance_before_receipt"
    ONE_STOP_SOFTWARE_DOWN = "one_stop_software_down"
    COMPLETING_PAPERS = "completing_papers"


class DossierCodeError(InvalidRequestError):
    """No dossier has this code; says why, with examples of the province's own shapes."""

    def __init__(self, pointer: str, shapes: Sequence[DossierShape], *, is_in_future: bool = False) -> None:
        """*is_in_future* where a shape reads the code and its date has not come yet."""
        super().__init__(ProblemCode.INVALID_DOSSIER_CODE, fields=(pointer,))
        self._examples = ", ".join(shape.example for shape in shapes)
        self._is_in_future = is_in_future

    def members(self, language: str) -> dict[str, object]:
        """Tell the reason, never the code."""
        is_english = language == "en"
        if self._is_in_future:
            reason = _FUTURE["en" if is_english else "vi"]
        elif is_english:
            reason = (
                "The dossier code has not the right form, or its date is not real"
                f" (such as {self._examples})."
            )
        else:
            reason = (
                "Mã số hồ sơ không đúng dạng hoặc phần ngày không có thật"
                f" (ví dụ đúng dạng: {self._examples})."
            )
        return {"detail": f"{reason} {'Nothing was looked up.' if is_english else 'Chưa tra cứu.'}"}


def parse_dossier_code(
    text: str,
    today: dt.date,
    pointer: str = "/dossier_code",
    shapes: Sequence[DossierShape] = USUAL_SHAPES,
) -> DossierCode:
    """Return the parts of a code such as `000.00.00.H19-230301-0001` or `H19.12-260301-0001`.

    *today* is the day in Vietnam: no dossier is received later. Without *shapes* of a province's own,
    agency prefixes of both forms pass (Circular 01/2018/TT-VPCP Article 19, Decision 20/2020/QĐ-TTg).
    Raises DossierCodeError(INVALID_DOSSIER_CODE).
    """
    code, is_in_future = text.strip(" \t"), False
    for shape in shapes:
        parts = shape.read(code)
        if parts is not None and parts.date <= today:
            return DossierCode(code, parts.agency, parts.date, parts.number)
        is_in_future = is_in_future or parts is not None
    raise DossierCodeError(pointer, shapes, is_in_future=is_in_future)


def belongs_to(dossier: DossierCode, agency_codes: Collection[str]) -> bool:
    """Return whether one of *agency_codes*, in the old form or the new, is the dossier's agency."""
    agency = canonical_agency_code(dossier.agency)
    return agency in map(canonical_agency_code, agency_codes)
