"""Addresses of the gateway that others are told: issuer of tokens, on papers, on slips."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_SCHEMES: Final = ("http", "https")
_NEVER: Final = frozenset('\\?#@"<>')


def checked_web_address(text: str) -> str:
    """Return *text* where it is an http or https URL without query and fragment (RFC 8414 section 2).

    Raises ValueError in words that do not repeat it.
    """
    wanted = ValueError(
        "a web address is needed, such as https://tracuu.example.gov.vn: http:// or https://, a host, no"
        " user name, no query, no fragment"
    )
    if not text.isascii() or not text.isprintable() or " " in text or _NEVER & set(text):
        raise wanted
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, or half of an IPv6 address
        raise wanted from None
    if not is_whole:
        raise wanted
    return text


def is_loopback(address: str) -> bool:
    """Whether a checked web address leads nowhere but to the machine that follows it."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
