"""Reads what old software proves itself and its officer with, out of its headers; knows nobody."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

_LONGEST: Final = 4096
_TIMESTAMP: Final = re.compile(r"[0-9]{10}(?:[0-9]{3})?")
_SECONDS_DIGITS: Final = 10
_SKEW_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Pair:
    """A name and a secret as they were sent."""

    name: str = field(repr=False)
    secret: str = field(repr=False)


def lgsp_pair(header: str) -> Pair | None:
    """Return AccessKey and SecretKey of `lgspaccesstoken`: base64 of JSON; None where it is none."""
    content = _from_base64(header)
    try:
        written = json.loads(content) if content is not None else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(written, dict):
        return None
    name, secret = written.get("AccessKey"), written.get("SecretKey")
    if not isinstance(name, str) or not isinstance(secret, str) or not name or not secret:
        return None
    return Pair(name, secret)


def basic_pair(header: str) -> Pair | None:
    """Return what base64 of `name:secret` says, with or without `Basic` before it; None where it is none."""
    scheme, _, rest = header.strip().partition(" ")
    return plain_pair(_from_base64(rest.strip() if scheme.lower() == "basic" else header) or "")


def plain_pair(text: str) -> Pair | None:
    """Return the two parts of `name:secret`; None where one is missing, as in OpenCPS's empty pairs."""
    name, separator, secret = text.strip().partition(":")
    return Pair(name, secret) if separator and name and secret else None


def is_signed(pair: Pair, timestamp: str, secret: str, addresses: Iterable[str], now: datetime) -> bool:
    """Whether *pair* is a VDXP user and the hash of one of *addresses*, user, time and *secret*.

    The time is in seconds or milliseconds and at most five minutes off. Source: wire format, section 3.
    """
    if not _TIMESTAMP.fullmatch(timestamp):
        return False
    moment = int(timestamp) / (1 if len(timestamp) == _SECONDS_DIGITS else 1000)
    if abs(now.timestamp() - moment) > _SKEW_SECONDS:
        return False
    given = pair.secret.strip().lower().encode("utf-8", "surrogatepass")
    signed = (f"{address}{pair.name}{timestamp}{secret}" for address in addresses)
    digests = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in signed)
    return any(hmac.compare_digest(given, digest.encode()) for digest in digests)


def _from_base64(text: str) -> str | None:
    if len(text) > _LONGEST:
        return None
    try:
        return base64.b64decode(text.strip().encode("ascii"), validate=True).decode("utf-8")
    except ValueError:
        return None
