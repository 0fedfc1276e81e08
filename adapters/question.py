"""What a question says, by the national side's own names, whatever form it is then written in."""

import unicodedata
from functools import lru_cache

from adapters.profile import OFFICER_ELEMENTS, Operation, Profile
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.names import unaccented
from app.lookup.source import SourceRequest
from app.lookup.values import BirthDate, CitizenId, FullName

# What the one client that sends it puts there (wire format, section 2.1).
_NO_TELEPHONE = "0"


def values_of(request: SourceRequest, operation: Operation, profile: Profile) -> dict[str, str]:
    """Return what stands in each element, by its name; what the question does not have is absent.

    A birth date stands under NgayThangNamSinh as plain text, and again under NgayThangNam or Nam.

    Raises InvalidRequestError where the profile has no element for the kind of number asked about:
    without its number nobody must be asked about. Source: wire format, section 2.1.
    """
    question, order = request.question, profile.order_of(operation)
    number_element = "SoDinhDanh" if isinstance(question.id_number, CitizenId) else "SoCMND"
    if number_element not in order:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/citizen/id_number",))
    day = question.birth_date.iso
    if profile.birth_date_format == "yyyymmdd":
        day = day.replace("-", "")
    values = {
        "MaYeuCau": request.request_id,
        "MaDVC": request.service_code,
        "MaTichHop": operation.integration_code,
        "MaDichVu": operation.integration_code,
        "MaDonVi": profile.agency_code,
        "SoDienThoai": _NO_TELEPHONE,
        number_element: question.id_number.digits,
        "HoVaTen": name_as_asked(question.full_name, without_accents=profile.names_without_accents),
        "NgayThangNamSinh": day,
        _birth_element(question.birth_date, order): day,
    }
    for element, is_officers_own in _officer_elements(profile.officer_code_in, order):
        values[element] = request.officer_code if is_officers_own else profile.service_account
    return values


@lru_cache(maxsize=16)
def _officer_elements(officer_code_in: tuple[str, ...], order: tuple[str, ...]) -> list[tuple[str, bool]]:
    """Return the elements of whoever asks, and whether the officer's own code stands there."""
    # An order without the officer's usual place (033) has the code in the place it has.
    own = OFFICER_ELEMENTS.intersection(officer_code_in, order) or OFFICER_ELEMENTS
    return [(element, element in own) for element in sorted(OFFICER_ELEMENTS)]


def _birth_element(birth_date: BirthDate, order: tuple[str, ...]) -> str:
    if not birth_date.is_year_only:
        return "NgayThangNam"
    # A form with one field for both takes a lone year in it.
    has_one_field = "NgayThangNam" in order and "Nam" not in order
    return "NgayThangNam" if has_one_field else "Nam"


def name_as_asked(full_name: FullName, *, without_accents: bool) -> str:
    """Return the name as the national side matches it: `TRANVANTHU`, or `TRẦN VĂN THỬ` with accents.

    Without accents only letters and digits stay (wire format, section 5); with accents, only
    characters that can stand in a name at all: no control or formatting characters.
    """
    if without_accents:
        return unaccented(full_name.text)
    words = unicodedata.normalize("NFC", full_name.text).upper().split()
    printable = ("".join(filter(str.isprintable, word)) for word in words)
    return " ".join(filter(None, printable))
