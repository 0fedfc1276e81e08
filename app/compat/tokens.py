"""The face's own access tokens: opaque, short-lived, each good for the one credential it was issued to."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.clock import Clock
from app.errors import NotAuthenticatedError, ProblemCode

LIFETIME: Final = timedelta(minutes=30)  # Đồng Tháp's software fetches a new one five minutes before the end
_ID_BYTES: Final = 16
_TIME_BYTES: Final = 8
_LENGTH: Final = _ID_BYTES + _TIME_BYTES + hashlib.sha256().digest_size
_LONGEST: Final = 128


class FaceTokens:
    """Any process reads what any other issued; a token says nothing but which credential, and until when."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        """Sign with *secret* (HMAC-SHA-256)."""
        self._secret = secret
        self._clock = clock

    def issue(self, credential_id: UUID) -> tuple[str, datetime]:
        """Return a token and when it ends."""
        until = self._clock.now() + LIFETIME
        content = credential_id.bytes + int(until.timestamp()).to_bytes(_TIME_BYTES, "big")
        return base64.urlsafe_b64encode(content + self._mac(content)).decode().rstrip("="), until

    def read(self, token: str) -> UUID:
        """Return whose token it is; NotAuthenticatedError (TOKEN_INVALID, TOKEN_EXPIRED)."""
        whole = _decoded(token)
        content, mac = whole[: -hashlib.sha256().digest_size], whole[-hashlib.sha256().digest_size :]
        if len(whole) != _LENGTH or not hmac.compare_digest(mac, self._mac(content)):
            raise NotAuthenticatedError(ProblemCode.TOKEN_INVALID)
        if int.from_bytes(content[_ID_BYTES:], "big") <= self._clock.now().timestamp():
            raise NotAuthenticatedError(ProblemCode.TOKEN_EXPIRED)
        return UUID(bytes=content[:_ID_BYTES])

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._secret, content, hashlib.sha256)


def _decoded(token: str) -> bytes:
    if len(token) > _LONGEST or not token.isascii():
        return b""
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return b""
