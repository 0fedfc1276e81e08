"""The LGSP's front desk: it gives out bearer tokens and checks the three credentials of each call."""

import base64
import binascii
import hmac
import json
import uuid
from collections.abc import Callable, Mapping

from mock_c06.config import LgspCredentials


class NotAdmittedError(Exception):
    """The call does not prove who it comes from."""


class UnknownOfficerError(Exception):
    """AuthHash is well-formed, but no registered officer's."""


class TokenBook:
    """Tokens that expire; held in memory only."""

    def __init__(self, token_seconds: float, clock: Callable[[], float]) -> None:
        self._token_seconds = token_seconds
        self._clock = clock
        self._expiries: dict[str, float] = {}

    def issue(self) -> tuple[str, float]:
        """Return a new token, and the Unix time at which it expires."""
        now = self._clock()
        self._expiries = {token: expiry for token, expiry in self._expiries.items() if expiry > now}
        token = str(uuid.uuid4())
        self._expiries[token] = now + self._token_seconds
        return token, self._expiries[token]

    def check(self, headers: Mapping[str, str]) -> None:
        """Raise NotAdmittedError unless the call bears a living token."""
        if self._expiries.get(bearer(headers), 0.0) <= self._clock():
            raise NotAdmittedError("the bearer token is unknown or expired")

    def revoke(self, token: str) -> None:
        """Make a token invalid at once."""
        self._expiries.pop(token, None)


class TokenDesk:
    """Issues tokens to one partner of the SOAP profile, and admits its calls."""

    def __init__(
        self,
        credentials: LgspCredentials,
        officer_keys: Mapping[str, str] | None,
        token_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._partner = compose_partner_header(credentials)
        self._officer_keys = officer_keys
        self._book = TokenBook(token_seconds, clock)

    def issue(self, partner_header: str) -> str:
        """Return a new token for the configured partner, or raise NotAdmittedError."""
        self._check_partner(partner_header)
        return self._book.issue()[0]

    def admit(self, headers: Mapping[str, str]) -> None:
        """Pass a call whose token, partner and officer headers hold; raise what is wrong otherwise."""
        self._book.check(headers)
        self._check_partner(headers.get("lgspaccesstoken", ""))
        self._check_officer(headers.get("authhash", ""))

    def revoke(self, token: str) -> None:
        """Make a token invalid at once."""
        self._book.revoke(token)

    def _check_partner(self, partner_header: str) -> None:
        if not hmac.compare_digest(partner_header.encode(), self._partner.encode()):
            raise NotAdmittedError("lgspaccesstoken is not the partner's")

    def _check_officer(self, auth_hash: str) -> None:
        try:
            key_name, colon, key_pass = base64.b64decode(auth_hash, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise NotAdmittedError("AuthHash is not base64 of keyName:keyPass") from None
        if not colon:
            raise NotAdmittedError("AuthHash is not base64 of keyName:keyPass")
        if self._officer_keys is not None and self._officer_keys.get(key_name) != key_pass:
            raise UnknownOfficerError("no such officer")


def compose_partner_header(credentials: LgspCredentials) -> str:
    """Return lgspaccesstoken: base64 of compact JSON with the keys in the order that clients send."""
    names = {
        "AccessKey": credentials.access_key,
        "SecretKey": credentials.secret_key,
        "AppName": credentials.app_name,
        "PartnerCode": credentials.partner_code,
        "PartnerCodeCus": credentials.partner_code_cus,
    }
    return base64.b64encode(json.dumps(names, separators=(",", ":"), ensure_ascii=False).encode()).decode()


def bearer(headers: Mapping[str, str]) -> str:
    """Return the bearer token of a call, or nothing."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
