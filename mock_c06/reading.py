"""Reading a question out of a SOAP request, strictly by the known element orders or leniently."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from lxml.etree import _Element

from mock_c06.citizen import BirthDate
from mock_c06.config import COMPACT, HYPHENATED
from mock_c06.envelope import BadRequestError, elements, local_name, open_body
from mock_c06.question import AnswerShape, Question
from mock_c06.sequences import LONGEST, NUMBERS, SEQUENCES

LOOKUP = "TraCuuThongTinCongDan"
VERIFICATION = "XacThucThongTinCongDan"
# Unverified: only its name and code are known.
HOUSEHOLD = "CungCapThongTinHoGiaDinh"
# Spring's convention adds the suffix to the element; the operation is the same.
OPERATIONS = {
    LOOKUP: LOOKUP,
    VERIFICATION: VERIFICATION,
    f"{VERIFICATION}Request": VERIFICATION,
    HOUSEHOLD: HOUSEHOLD,
}
CODES = {LOOKUP: {"037"}, VERIFICATION: {"003", "033"}, HOUSEHOLD: {"034"}}
BOTH_DIALECTS = frozenset({COMPACT, HYPHENATED})

_DAYS = {COMPACT: r"[0-9]{8}", HYPHENATED: r"[0-9]{4}-[0-9]{2}-[0-9]{2}"}

Fields = Mapping[str, _Element]


def read_question(
    content: bytes,
    operation: str | None,
    *,
    is_strict: bool,
    sequences: Sequence[str],
    dialects: frozenset[str] = BOTH_DIALECTS,
) -> Question:
    """Return the question in a request, or raise BadRequestError.

    `operation` is what the path promises; None takes whatever the body holds. `dialects` are the
    notations of a day that are taken.
    """
    asked = open_body(content)
    root = local_name(asked)
    if root not in OPERATIONS or operation not in (None, OPERATIONS[root]):
        raise BadRequestError("the body does not hold the operation asked for")
    fields = _fields(asked, is_strict=is_strict)
    may_be_flat = not is_strict or _check_order(fields, root, sequences)
    if is_strict:
        _check_values(fields, OPERATIONS[root])
    shape = _answer_shape(root, fields)
    has_birth_date = shape is not AnswerShape.EXISTS or "NgayThangNamSinh" in fields
    given = {name: _stripped(fields[name]) for name in sorted(NUMBERS) if name in fields}
    citizen_id, old_id_number = numbers_of(given, is_strict=is_strict)
    return Question(
        operation=OPERATIONS[root],
        shape=shape,
        prefix=asked.prefix,
        upstream_request_id=_text(fields, "MaYeuCau"),
        service_code=_text(fields, "MaDVC"),
        integration_code=_text(fields, "MaTichHop")
        or _text(fields, "MaDichVu")
        or min(CODES[OPERATIONS[root]]),
        upstream_officer_code=_text(fields, "MaCanBo"),
        citizen_id=citizen_id,
        old_id_number=old_id_number,
        full_name=_text(fields, "HoVaTen"),
        birth_date=_birth_date(fields, dialects, may_be_flat=may_be_flat) if has_birth_date else None,
    )


def check_content_type(headers: Mapping[str, str], *, is_strict: bool) -> None:
    """Raise BadRequestError unless the call says that it brings XML; strictly, never text/xml."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ({"application/xml"} if is_strict else {"application/xml", "text/xml"}):
        raise BadRequestError("the content type must be application/xml")


def _fields(asked: _Element, *, is_strict: bool) -> Fields:
    fields: dict[str, _Element] = {}
    for element in elements(asked):
        name = local_name(element)
        if is_strict and name in fields:
            raise BadRequestError("an element stands twice")
        fields.setdefault(name, element)
    return fields


def _check_order(fields: Fields, root: str, sequences: Sequence[str]) -> bool:
    """Refuse any but the known orders; tell whether the order found allows a flat birth date."""
    allowed = [SEQUENCES[name] for name in sequences if name != "033" or OPERATIONS[root] == VERIFICATION]
    fitting = [sequence for sequence in allowed if sequence.fits(tuple(fields))]
    if not fitting:
        known = {name for sequence in SEQUENCES.values() for name in sequence.elements}
        reason = "an unknown element" if set(fields) - known else "elements missing or out of order"
        raise BadRequestError(f"{reason}; the order is checked as an xs:sequence")
    return fitting[0].may_have_flat_birth_date


def _check_values(fields: Fields, operation: str) -> None:
    for name, longest in LONGEST.items():
        if name in fields and not 0 < len(_text(fields, name)) <= longest:
            raise BadRequestError(f"{name} must have 1 to {longest} characters")
    code = _text(fields, "MaTichHop") or _text(fields, "MaDichVu")
    if code not in CODES[operation]:
        raise BadRequestError("MaTichHop does not go with the operation")


def _answer_shape(root: str, fields: Fields) -> AnswerShape:
    if OPERATIONS[root] != VERIFICATION:
        return AnswerShape.RECORDS if root == LOOKUP else AnswerShape.HOUSEHOLD
    is_033_letter = root != VERIFICATION or "MaDichVu" in fields
    return AnswerShape.EXISTS if is_033_letter else AnswerShape.COUNT


def numbers_of(given: Mapping[str, str], *, is_strict: bool) -> tuple[str, str]:
    """Return personal and old number; nine digits are always SoCMND, twelve always SoDinhDanh.

    `given` holds those of the two that were sent at all.
    """
    citizen_id, old_id_number = given.get("SoDinhDanh", ""), given.get("SoCMND", "")
    if not is_strict and len(citizen_id) == len("990000017") and not old_id_number:
        citizen_id, old_id_number = "", citizen_id
    may_skip = {name: not is_strict or name not in given for name in NUMBERS}
    if not re.fullmatch(r"[0-9]{12}", citizen_id) and (citizen_id or not may_skip["SoDinhDanh"]):
        raise BadRequestError("SoDinhDanh must have exactly twelve digits")
    if not re.fullmatch(r"[0-9]{9}", old_id_number) and (old_id_number or not may_skip["SoCMND"]):
        raise BadRequestError("SoCMND must have exactly nine digits")
    if not citizen_id and not old_id_number:
        raise BadRequestError("SoDinhDanh or SoCMND is needed")
    return citizen_id, old_id_number


def _birth_date(fields: Fields, dialects: frozenset[str], *, may_be_flat: bool) -> BirthDate:
    wrapper = fields.get("NgayThangNamSinh")
    if wrapper is None:
        raise BadRequestError("NgayThangNamSinh is needed")
    children = list(elements(wrapper))
    if not children and may_be_flat:
        flat = _stripped(wrapper)
        return read_year(flat) if len(flat) == len("1990") else read_day(flat, BOTH_DIALECTS)
    match [(local_name(child), _stripped(child)) for child in children]:
        case [("NgayThangNam", text)]:
            return read_day(text, dialects)
        case [("Nam", text)]:
            return read_year(text)
        case _:
            raise BadRequestError("NgayThangNamSinh must have exactly one of NgayThangNam and Nam")


def read_day(text: str, dialects: frozenset[str]) -> BirthDate:
    """Return the day written as yyyymmdd or yyyy-mm-dd, whichever of the two are taken."""
    if not any(re.fullmatch(_DAYS[dialect], text) for dialect in dialects):
        raise BadRequestError(f"NgayThangNam must be {' or '.join(sorted(dialects))}")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadRequestError("NgayThangNam is no day of the calendar") from None
    return BirthDate(day.year, day)


def read_year(text: str) -> BirthDate:
    """Return the lone year."""
    if not re.fullmatch(r"[0-9]{4}", text):
        raise BadRequestError("Nam must be yyyy")
    return BirthDate(int(text))


def _text(fields: Fields, name: str) -> str:
    element = fields.get(name)
    return "" if element is None else _stripped(element)


def _stripped(element: _Element) -> str:
    return (element.text or "").strip()
