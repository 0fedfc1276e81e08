"""How a partner proves itself to an LGSP that speaks SOAP: two fixed headers, and a token by a form."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from adapters.bearer import TokenCall, TokenText
from app.settings import UpstreamSettings


class _WireToken(BaseModel):
    """The token answer; only `access_token` is sure to come."""

    access_token: TokenText
    expires_in: float | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """The two header values that stay the same for every call; never printed."""

    lgsp_access_token: str
    auth_hash: str

    @classmethod
    def from_settings(cls, settings: UpstreamSettings) -> Self:
        """Return the headers' values; `AuthHash` is no hash despite its name."""
        keys = {
            "AccessKey": settings.access_key.get_secret_value(),
            "SecretKey": settings.secret_key.get_secret_value(),
            "AppName": settings.app_name,
            "PartnerCode": settings.partner_code,
            "PartnerCodeCus": settings.partner_code_customer,
        }
        pair = f"{settings.key_name.get_secret_value()}:{settings.key_password.get_secret_value()}"
        return cls(
            lgsp_access_token=_base64(json.dumps(keys, separators=(",", ":"), ensure_ascii=False)),
            auth_hash=_base64(pair),
        )

    def headers(self, path: str) -> dict[str, str]:  # noqa: ARG002 - the same for every path
        """Return the headers of a question; see adapters.calls.HeadersFor."""
        return {
            "Accept": "*",
            "Content-Type": "application/xml",
            "lgspaccesstoken": self.lgsp_access_token,
            "AuthHash": self.auth_hash,
        }

    def token_call(self, path: str) -> TokenCall:
        """Return how this partner gets its token at *path*."""
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "Charset": "utf-8",
            "lgspaccesstoken": self.lgsp_access_token,
        }
        return TokenCall(path, b"grant_type=client_credentials", headers, _read_token)


def _read_token(body: bytes, now: datetime) -> tuple[str, float | None]:  # noqa: ARG001 - it counts from now
    wire = _WireToken.model_validate_json(body)
    return wire.access_token, wire.expires_in


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
