"""How a partner gets its token from an LGSP that speaks JSON: an empty body and one fixed header."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, WrapValidator

from adapters.bearer import TokenCall, TokenText

# As the one real client does.
_RENEW_EARLY_SECONDS = 300.0


def _or_none(value: Any, read: Any) -> Any:
    """Take a time nobody can read for none at all: the usual lifetime then applies."""
    try:
        return read(value)
    except ValueError:
        return None


class _WireToken(BaseModel):
    """The token answer; the form of `expiryDate` is unknown, and `refreshToken` of no use here."""

    token: TokenText
    expiryDate: Annotated[datetime | None, WrapValidator(_or_none)] = None  # noqa: N815 - their name


def token_call(path: str, auth_header: str) -> TokenCall:
    """Return how the partner with this `Auth` header gets its token at *path*."""
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "Auth": auth_header,
    }
    return TokenCall(path, b"", headers, _read_token, _RENEW_EARLY_SECONDS)


def _read_token(body: bytes, now: datetime) -> tuple[str, float | None]:
    wire = _WireToken.model_validate_json(body)
    if wire.expiryDate is None or wire.expiryDate.tzinfo is None:
        # Whose local time it is nobody says; a wrong guess would use a dead token for hours.
        return wire.token, None
    return wire.token, (wire.expiryDate - now).total_seconds()
