"""What operators type about units, persons and days, read once."""

import re
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.exc import MultipleResultsFound
from sqlalchemy.ext.asyncio import AsyncConnection

from app.auditing.criteria import parse_case_number
from app.clock import SystemClock, local_day
from app.errors import ConfigurationError, InvalidRequestError
from app.units.store import find_unit_id

_PERSON_CODE: Final = re.compile(r"(?!.*[0-9]{9})[A-Z0-9./-]{1,32}")


async def unit_id_of(connection: AsyncConnection, agency_code: str) -> UUID:
    """Return the unit that bears the code; ConfigurationError for none, and for more than one."""
    try:
        unit_id = await find_unit_id(connection, agency_code)
    except MultipleResultsFound:
        raise ConfigurationError(
            f"more than one unit bears {agency_code}; name the one by its new code"
        ) from None
    if unit_id is None:
        raise ConfigurationError(f"there is no unit {agency_code}")
    return unit_id


def worded(text: str) -> str:
    """Return the text without surrounding space; ConfigurationError for none."""
    if not text.strip():
        raise ConfigurationError("a name or a legal basis is empty")
    return text.strip()


def person_code_of(typed: str) -> str:
    """Return a person's own staff number as it is kept: upper case."""
    code = typed.strip().upper()
    if not _PERSON_CODE.fullmatch(code):
        raise ConfigurationError(
            "a person's code is 1 to 32 of A-Z, 0-9, dot, slash, hyphen, without nine digits in a row"
        )
    return code


def case_number_of(typed: str) -> str:
    """Return a case's number as it stands in records; ConfigurationError, also for a personal number."""
    try:
        return parse_case_number(typed)
    except InvalidRequestError:
        raise ConfigurationError(
            "a case's number is 1 to 80 letters, digits, blanks and / . _ -, and no number of a person's"
        ) from None


def today() -> date:
    """Return the day it is in Vietnam."""
    return local_day(SystemClock().now())
