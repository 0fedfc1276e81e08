"""Puts the road over an LGSP with SOAP together."""

from pathlib import Path

from adapters.bearer import TokenCache
from adapters.calls import BearerCalls
from adapters.lgsp_soap.credentials import Credentials
from adapters.profile import Profile
from adapters.road import Road, Wiring
from adapters.soap.language import SoapLanguage
from adapters.source import NationalSource


def _build(wiring: Wiring) -> NationalSource:
    credentials = Credentials.from_settings(wiring.settings)
    token_call = credentials.token_call(wiring.profile.token_path)
    tokens = TokenCache(
        wiring.token_connection, token_call, wiring.clock, fetch_seconds=wiring.settings.token_seconds
    )
    calls = BearerCalls(
        wiring.connection, tokens, credentials.headers, token_seconds=wiring.settings.token_seconds
    )
    return NationalSource(wiring.settings.road, wiring.profile, SoapLanguage(wiring.profile), calls)


def _required(_: Profile) -> tuple[str, ...]:
    # key_name and key_password may be empty: newer platforms send AuthHash without content.
    return ("access_key", "secret_key", "app_name", "partner_code", "partner_code_customer")


LGSP_SOAP = Road("lgsp-soap", Path(__file__).with_name("profiles.toml"), _required, _build)
