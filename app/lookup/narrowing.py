"""Cuts a citizen's record down to the fields a procedure may see (R48), ready for JSON."""

from collections.abc import Mapping
from functools import lru_cache

from app.lookup.values import Address, BirthDate, Citizen, Person
from app.procedures.fields import Field


def narrow(citizen: Citizen, permitted: frozenset[Field]) -> dict[str, object]:
    """Return exactly the permitted fields in the order of Field, `None` where the record has nothing.

    An address, a person and the birth date are mappings whose keys are always all there;
    the birth date is `{"value": "yyyy-mm-dd" or "yyyy", "precision": "day" or "year"}`.
    """
    shown: dict[str, object] = {}
    for name in _in_order(permitted):
        value = getattr(citizen, name)
        shown[name] = value if value is None or isinstance(value, str) else _for_json(value)
    return shown


@lru_cache(maxsize=256)
def _in_order(permitted: frozenset[Field]) -> tuple[str, ...]:
    """Return the names of *permitted* in the order of Field; made once for the few sets procedures permit."""
    return tuple(field.value for field in Field if field in permitted)


def disclosed_fields(narrowed: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the fields that *narrowed*, made by narrow, really shows; for the record."""
    return tuple([name for name, value in narrowed.items() if value is not None])


def _for_json(value: BirthDate | Address | Person) -> object:
    # Keys are spelled out, so that a part added to a value is not disclosed before somebody decides so.
    if isinstance(value, Address):
        return _unless_empty(
            {
                "line": value.line,
                "commune_code": value.commune_code,
                "district_code": value.district_code,
                "province_code": value.province_code,
                "country_code": value.country_code,
            }
        )
    if isinstance(value, BirthDate):
        return {"value": value.iso, "precision": "year" if value.is_year_only else "day"}
    return _unless_empty(
        {
            "full_name": value.full_name,
            "id_number": value.id_number,
            "old_id_number": value.old_id_number,
            "nationality": value.nationality,
        }
    )


def _unless_empty(parts: dict[str, str | None]) -> dict[str, str | None] | None:
    for part in parts.values():
        if part is not None:
            return parts
    return None
