"""How a confirmation shows the permitted fields: in Vietnamese, in the order of the catalogue."""

from collections.abc import Mapping
from typing import Final

from app.papers.values import Line
from app.procedures.fields import FIELD_TITLES, Field

_NOTHING: Final = "Không có trong dữ liệu"
_PARTS: Final[Mapping[str, str]] = {
    "line": "",
    "commune_code": "mã xã ",
    "district_code": "mã huyện ",
    "province_code": "mã tỉnh ",
    "country_code": "mã nước ",
    "full_name": "",
    "id_number": "số định danh ",
    "old_id_number": "số CMND ",
    "nationality": "quốc tịch ",
}
"""The parts of an address and of a person, as app.lookup.narrowing names them; any other is not printed."""


def citizen_lines(shown: Mapping[str, object]) -> tuple[Line, ...]:
    """Return a line for each field that the officer was shown, and for no other."""
    return tuple(
        Line(FIELD_TITLES[field], _text(shown[field.value])) for field in Field if field.value in shown
    )


def _text(value: object) -> str:
    if value is None:
        return _NOTHING
    if not isinstance(value, Mapping):
        return str(value)
    if "precision" in value:
        year, *month_and_day = str(value["value"]).split("-")
        return "/".join([*reversed(month_and_day), year])
    named = ((words, value.get(part)) for part, words in _PARTS.items())
    return ", ".join(f"{words}{text}" for words, text in named if text is not None)
