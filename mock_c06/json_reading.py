"""Reading a question out of a flat JSON request, strictly by the known sets of fields or leniently."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from mock_c06.citizen import BirthDate
from mock_c06.envelope import LARGEST_REQUEST_BYTES, BadRequestError
from mock_c06.question import AnswerShape, Question
from mock_c06.reading import CODES, HOUSEHOLD, LOOKUP, VERIFICATION, numbers_of, read_day, read_year

_SHAPES = {
    LOOKUP: AnswerShape.RECORDS,
    VERIFICATION: AnswerShape.COUNT,
    HOUSEHOLD: AnswerShape.HOUSEHOLD,
}
# Beside an answer's own prefixes, which no JSON question has.
_PREFIX = "dan"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one platform; in strict mode all must stand there, as texts, and no others."""

    name: str
    fields: frozenset[str]


DONG_THAP = Form(
    "lgsp-json",
    frozenset(
        ["maYeuCau", "maDVC", "maCanBo", "soDinhDanh", "soCMND", "hoVaTen", "ngayThangNam", "userNameService"]
    ),
)
THANH_HOA = Form(
    "thanh-hoa",
    frozenset(
        [
            "hoVaTen",
            "soDinhDanh",
            "soCMND",
            "ngayThangNam",
            "nam",
            "maTichHop",
            "maDVC",
            "maCanBo",
            "maYeuCau",
        ]
    ),
)


def read_json_question(
    content: bytes, kind: str, operation: str, form: Form, dialects: frozenset[str], *, is_strict: bool
) -> Question:
    """Return the question in a request of this content type, or raise BadRequestError."""
    if is_strict and kind.partition(";")[0].strip().lower() != "application/json":
        raise BadRequestError("the content type must be application/json")
    fields = _fields(content, form, is_strict=is_strict)
    if is_strict and "maTichHop" in form.fields and fields["maTichHop"] not in CODES[operation]:
        raise BadRequestError("maTichHop does not go with the operation")
    # An empty text stands for a number that was not given.
    names = {"SoDinhDanh": "soDinhDanh", "SoCMND": "soCMND"}
    given = {element: fields[name] for element, name in names.items() if fields.get(name)}
    citizen_id, old_id_number = numbers_of(given, is_strict=is_strict)
    return Question(
        operation=operation,
        shape=_SHAPES[operation],
        prefix=_PREFIX,
        upstream_request_id=fields.get("maYeuCau", ""),
        service_code=fields.get("maDVC", ""),
        integration_code=fields.get("maTichHop") or min(CODES[operation]),
        upstream_officer_code=fields.get("maCanBo", ""),
        citizen_id=citizen_id,
        old_id_number=old_id_number,
        full_name=fields.get("hoVaTen", ""),
        birth_date=_birth_date(fields, dialects),
    )


def _fields(content: bytes, form: Form, *, is_strict: bool) -> Mapping[str, str]:
    if len(content) > LARGEST_REQUEST_BYTES:
        raise BadRequestError("the request is too large")
    try:
        sent = json.loads(content)
    except (ValueError, RecursionError):
        # "from None": the parser's error carries the request.
        raise BadRequestError("the request is not JSON") from None
    if not isinstance(sent, dict):
        raise BadRequestError("the request is not a JSON object")
    if not is_strict:
        return {name: "" if value is None else str(value).strip() for name, value in sent.items()}
    if set(sent) != form.fields:
        raise BadRequestError("fields missing or unknown")
    if not all(isinstance(value, str) for value in sent.values()):
        raise BadRequestError("every field must be a text")
    if not all(sent[name].strip() for name in ("maYeuCau", "maDVC", "maCanBo", "hoVaTen")):
        raise BadRequestError("maYeuCau, maDVC, maCanBo and hoVaTen must not be empty")
    return sent


def _birth_date(fields: Mapping[str, str], dialects: frozenset[str]) -> BirthDate:
    """Return the day, or the lone year from `nam` or, as the document has it, from `ngayThangNam`."""
    day, year = fields.get("ngayThangNam", ""), fields.get("nam", "")
    if day and year:
        raise BadRequestError("ngayThangNam and nam cannot both be given")
    if not day or len(day) == len("1990"):
        return read_year(day or year)
    return read_day(day, dialects)
