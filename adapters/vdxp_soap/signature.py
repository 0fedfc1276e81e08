"""How the national exchange platform knows who asks: Basic over SHA-256 of address, user, time, secret."""

import base64
import hashlib
from typing import Final

from adapters.profile import Profile
from app.clock import Clock
from app.settings import UpstreamSettings

_PER_SECOND: Final = {"seconds": 1, "milliseconds": 1000}


class Signature:
    """The headers of a signed question; never printed."""

    def __init__(self, settings: UpstreamSettings, profile: Profile, clock: Clock) -> None:
        self._settings = settings
        self._profile = profile
        self._clock = clock

    def headers(self, path: str) -> dict[str, str]:
        """Return the headers of a question sent to *path* now; see adapters.calls.HeadersFor."""
        timestamp = str(int(self._clock.now().timestamp() * _PER_SECOND[self._profile.timestamp_unit]))
        optional = {
            "X-Road-Client": self._settings.road_client,
            "ApiKey": self._settings.api_key.get_secret_value(),
        }
        return {
            "Accept": "*",
            "Content-Type": "application/xml; charset=utf-8",
            "SOAPAction": '""',
            "Timestamp": timestamp,
            "Authorization": basic_over_sha256(
                self._signed_address(path),
                self._settings.user,
                timestamp,
                self._settings.secret_key.get_secret_value(),
            ),
            **{name: value for name, value in optional.items() if value},
        }

    def _signed_address(self, path: str) -> str:
        base_url = self._settings.base_url.rstrip("/")
        return self._profile.signed_address.replace("{base_url}", base_url).replace("{path}", path)


def basic_over_sha256(signed_address: str, user: str, timestamp: str, secret_key: str) -> str:
    """Return the value of Authorization. Source: wire format, section 3, and its test vectors."""
    signed = f"{signed_address}{user}{timestamp}{secret_key}".encode()
    pair = f"{user}:{hashlib.sha256(signed).hexdigest()}"
    return f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"
