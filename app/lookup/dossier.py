"""Reads a dossier code and says to which agency the dossier belongs."""

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass

from app.errors import InvalidRequestError, ProblemCode
from app.units.codes import LONGEST_CODE, NEW_CODE, OLD_CODE, canonical_agency_code

_DOSSIER_CODE = re.compile(
    rf"(?P<agency>{OLD_CODE}|{NEW_CODE})"
    r"-(?P<year>[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"-(?P<number>[0-9]{4,6})"
)


@dataclass(frozen=True, slots=True)
class DossierCode:
    """A dossier's code and its parts as written; `number` runs within the agency's day."""

    text: str
    agency: str
    date: dt.date
    number: str


def parse_dossier_code(text: str, today: dt.date, pointer: str = "/dossier_code") -> DossierCode:
    """Return the parts of a code such as `000.00.00.H19-230301-0001` or `H19.12-260301-0001`.

    *today* is the day in Vietnam: no dossier is received later. Agency prefixes of both forms pass
    (Circular 01/2018/TT-VPCP Article 19, Decision 20/2020/QĐ-TTg).
    Raises InvalidRequestError(INVALID_DOSSIER_CODE).
    """
    refusal = InvalidRequestError(ProblemCode.INVALID_DOSSIER_CODE, fields=(pointer,))
    code = text.strip(" \t")
    parts = _DOSSIER_CODE.fullmatch(code)
    if parts is None or len(parts["agency"]) > LONGEST_CODE:
        raise refusal
    try:
        received = dt.date(2000 + int(parts["year"]), int(parts["month"]), int(parts["day"]))
    except ValueError:
        raise refusal from None
    if received > today:
        raise refusal
    return DossierCode(code, parts["agency"], received, parts["number"])


def belongs_to(dossier: DossierCode, agency_codes: Collection[str]) -> bool:
    """Return whether one of *agency_codes*, in the old form or the new, is the dossier's agency."""
    agency = canonical_agency_code(dossier.agency)
    return any(canonical_agency_code(code) == agency for code in agency_codes)
