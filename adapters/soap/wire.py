"""Writes a question as the SOAP 1.1 envelope the national side reads."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from xml.sax.saxutils import escape

from adapters.profile import Operation, Profile
from adapters.question import values_of
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.source import SourceRequest

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
QLDC = "http://dancuquocgia.bca"
DANCU = "http://www.mic.gov.vn/dancu/1.0"


# What is no character of XML 1.0 (section 2.2), and what cannot stand in a text as it is.
_UNSENDABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NEEDS_ESCAPING: Final = re.compile("[&<>\r]")


def question_xml(request: SourceRequest, operation: Operation, profile: Profile) -> bytes:
    """Return the envelope that asks *request*'s question of *operation*, UTF-8, undeclared.

    Raises InvalidRequestError when XML cannot carry a value (a control character in a code): nothing
    must be sent then. Source: wire format, section 2.
    """
    values = values_of(request, operation, profile)
    before, after = _frame(profile.prefix, operation.name)
    content = "".join(_elements(values, profile, profile.order_of(operation)))
    if _UNSENDABLE.search(content):
        raise InvalidRequestError(ProblemCode.INVALID_VALUE)
    return f"{before}{content}{after}".encode()


@lru_cache(maxsize=16)
def _frame(prefix: str, name: str) -> tuple[str, str]:
    """Return what stands before and after the elements of a question."""
    before = (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:{prefix}="{QLDC}"><soapenv:Header/><soapenv:Body>'
        f"<{prefix}:{name}>"
    )
    return before, f"</{prefix}:{name}></soapenv:Body></soapenv:Envelope>"


def _elements(values: dict[str, str], profile: Profile, order: tuple[str, ...]) -> Iterator[str]:
    prefix = profile.prefix
    for name in order:
        if name == "NgayThangNamSinh" and not profile.birth_date_is_flat:
            part = "NgayThangNam" if "NgayThangNam" in values else "Nam"
            day = f"<{prefix}:{part}>{_text(values[part])}</{prefix}:{part}>"
            yield f"<{prefix}:{name}>{day}</{prefix}:{name}>"
        elif name in values:
            yield f"<{prefix}:{name}>{_text(values[name])}</{prefix}:{name}>"


def _text(value: str) -> str:
    # Nearly nothing needs it, and every lookup waits for this.
    return escape(value, {"\r": "&#13;"}) if _NEEDS_ESCAPING.search(value) else value
