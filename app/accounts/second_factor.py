"""One-time codes from an authenticator app (RFC 6238), recovery codes for when it is lost (R10, R16)."""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final

import pyotp
import segno

STEP_SECONDS: Final = 30
STEPS_OF_DRIFT: Final = 1
"""How far a telephone's clock may be off, either way (RFC 6238 section 5.2)."""
CODE_DIGITS: Final = 6
RECOVERY_CODES: Final = 10

_SECRET_LETTERS: Final = 32  # of base32: 160 bits, as long as SHA-1 (RFC 4226 section 4)
_RECOVERY_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32: no i, l, o, u
_MISREAD: Final = str.maketrans("ilo", "110")
_RECOVERY_LETTERS: Final = 5  # in each half; 50 bits in all


def new_secret() -> str:
    """Return a new 160-bit secret in base32."""
    return pyotp.random_base32(_SECRET_LETTERS)


def matching_step(secret: str, code: str, now: datetime, last_used_step: int) -> int | None:
    """Return the time step that *code* belongs to, or None where it is wrong, late, early or used.

    Store the answer as the next *last_used_step*, in the transaction that admits the officer: only later
    steps count, so a code works once. Spaces in *code* do not matter.
    """
    digits = "".join(code.split())
    if not digits.isascii():
        return None  # compare_digest takes no others; whatever is not six digits equals no code
    present = int(now.timestamp()) // STEP_SECONDS
    earliest = max(present - STEPS_OF_DRIFT, last_used_step + 1)
    generator = pyotp.HOTP(secret, digits=CODE_DIGITS)
    # Every step is compared: the time taken does not tell which one was right. Should two share a code,
    # the later one is used up, or the same code would work again.
    matching = [
        step
        for step in range(earliest, present + STEPS_OF_DRIFT + 1)
        if hmac.compare_digest(generator.at(step), digits)
    ]
    return max(matching, default=None)


def provisioning_uri(secret: str, login_name: str, issuer: str) -> str:
    """Return the `otpauth:` address an authenticator app reads; it holds the secret, so show it once."""
    generator = pyotp.TOTP(secret, digits=CODE_DIGITS, interval=STEP_SECONDS)
    return generator.provisioning_uri(name=login_name, issuer_name=issuer)


def qr_svg(uri: str) -> str:
    """Return *uri* as a QR code, an `<svg>` element for an HTML page, dark on white on any background."""
    drawing: str = segno.make_qr(uri, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")
    return drawing


def new_recovery_codes(count: int = RECOVERY_CODES) -> list[str]:
    """Return *count* codes such as `7k2mq-x09fd`, 50 random bits each, to be shown once."""
    return [f"{_half()}-{_half()}" for _ in range(count)]


def recovery_code_digest(code: str, key: bytes) -> bytes:
    """Return what is stored of a recovery code: 32 bytes, HMAC-SHA-256 under *key*.

    Fifty bits under a plain hash could be searched through by whoever takes the table; the key is not in it.
    Capitals, spaces and hyphens do not matter, and I, L and O are read as the digits they look like.
    """
    letters = "".join(filter(str.isalnum, code)).lower().translate(_MISREAD)
    return hmac.digest(key, letters.encode(), hashlib.sha256)


def _half() -> str:
    return "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LETTERS))
