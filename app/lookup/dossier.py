"""Reads a dossier code and says to which agency the dossier belongs."""

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass

from app.errors import InvalidRequestError, ProblemCode

_OLD_AGENCY = r"[0-9A-Z]{3}\.[0-9A-Z]{2}\.[0-9A-Z]{2}\.[A-Y][0-9]{2}"
_NEW_AGENCY = r"[A-Y][0-9]{2}(?:\.[0-9A-Z]+)*"
_LONGEST_AGENCY = 35  # Decision 20/2020/QĐ-TTg Article 4

_OLD_AGENCY_CODE = re.compile(_OLD_AGENCY)
_LEVEL_ONE_FIRST = re.compile(r"[A-Y][0-9]{2}(?:\.|\Z)")
_DOSSIER_CODE = re.compile(
    rf"(?P<agency>{_OLD_AGENCY}|{_NEW_AGENCY})"
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
    if parts is None or len(parts["agency"]) > _LONGEST_AGENCY:
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


def canonical_agency_code(code: str) -> str:
    """Return the code in the new form, largest unit first: `000.12.34.H19` becomes `H19.34.12`.

    A code that could be read both ways already begins with a level-one code and stays as it is,
    so that doing this twice changes nothing and one agency's code never turns into another's.
    """
    if _LEVEL_ONE_FIRST.match(code) or not _OLD_AGENCY_CODE.fullmatch(code):
        return code
    components = code.split(".")[::-1]
    while not components[-1].strip("0"):  # ends at the level-one code, which begins with a letter
        components.pop()
    return ".".join(components)
