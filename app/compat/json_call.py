"""Reads an old call out of JSON, as the platforms of Đồng Tháp and Thanh Hóa and OpenCPS's pages have it."""

from typing import Final

import orjson

from app.compat.old_call import CONFIRM_NAME, FIND_NAME, KNOWN, OldCall, Operation, Shape, operation_of
from app.errors import InvalidRequestError, ProblemCode

_BOM: Final = b"\xef\xbb\xbf"
_NAMES: Final = {name.lower(): name for name in KNOWN}
_BIRTH_DATE: Final = "NgayThangNamSinh"
_FIND_PATHS: Final = frozenset({FIND_NAME, "ChiaSeThongTinCongDan", "dvcqg"})
_KNOWN_PATHS: Final = {CONFIRM_NAME: CONFIRM_NAME, **dict.fromkeys(_FIND_PATHS, FIND_NAME)}
_SERVICES: Final = ("TraCuu", "XacThuc", "XacMinh", "CungCap")
_CHARSETS: Final = frozenset({"utf8", "usascii"})


def read_json_call(content: bytes, path: str, charset: str | None) -> OldCall:
    """Return the call; *path* says what is asked for where the body does not.

    Raises InvalidRequestError (MALFORMED_REQUEST, INVALID_VALUE), without repeating anything.
    """
    body = _object(content, charset)
    code = _text(body, "matichhop") or _text(body, "madichvu")
    kind, last = _text(body, "type"), path.rstrip("/").rpartition("/")[2]
    name = kind or _KNOWN_PATHS.get(last) or (last if last.startswith(_SERVICES) else "")
    if not name and not code:
        name = CONFIRM_NAME  # Đồng Tháp's names no service
    operation = operation_of(name, code)
    fields = {known: _text(body, written) for written, known in _NAMES.items() if written in body}
    fields |= _birth_date(body)
    plain = Shape.WRAPPED if operation is Operation.FIND else Shape.FLAG
    shape = Shape.TREE if kind else plain
    return OldCall(operation, shape, fields, is_033=code == "033")


def _object(content: bytes, charset: str | None) -> dict[str, object]:
    """Return the members by their names in small letters, in which Java and .NET write them differently."""
    if charset and "".join(filter(str.isalnum, charset.lower())) not in _CHARSETS:
        raise InvalidRequestError(ProblemCode.MALFORMED_REQUEST)
    try:
        body = orjson.loads(content.removeprefix(_BOM))
    except orjson.JSONDecodeError:
        body = None
    # Raised outside "except": the decoder's error holds the whole document.
    if not isinstance(body, dict):
        raise InvalidRequestError(ProblemCode.MALFORMED_REQUEST)
    members = {str(name).lower(): value for name, value in body.items()}
    if len(members) != len(body):
        raise InvalidRequestError(ProblemCode.MALFORMED_REQUEST)
    return members


def _text(body: dict[str, object], name: str) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if name == "mayeucau" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # OpenCPS's pages send a number; of a citizen's number zeros would be lost
    raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=(f"/{_NAMES.get(name, name)}",))


def _birth_date(body: dict[str, object]) -> dict[str, str]:
    """Return the parts of `NgayThangNamSinh`, flat or a structure, where there is one."""
    value = body.get("ngaythangnamsinh")
    if value is None:
        return {}
    if isinstance(value, str):
        text = value.strip()
        return {"Nam" if len(text) == 4 else "NgayThangNam": text}  # noqa: PLR2004 - a year's digits
    if not isinstance(value, dict):
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=(f"/{_BIRTH_DATE}",))
    inner = {str(name).lower(): part for name, part in value.items()}
    return {"NgayThangNam": _text(inner, "ngaythangnam"), "Nam": _text(inner, "nam")}
