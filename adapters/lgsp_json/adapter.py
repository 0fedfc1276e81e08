"""Puts the road over an LGSP with JSON together, with a token or without any credential."""

from pathlib import Path

from adapters.bearer import TokenCache
from adapters.calls import BearerCalls, Calls, PlainCalls
from adapters.lgsp_json.language import JsonLanguage
from adapters.lgsp_json.token import token_call
from adapters.profile import Profile
from adapters.road import Road, Wiring
from adapters.source import NationalSource

_HEADERS = {"Accept": "*", "Content-Type": "application/json"}


def _headers(_: str) -> dict[str, str]:
    return _HEADERS


def _build(wiring: Wiring) -> NationalSource:
    return NationalSource(wiring.settings.road, wiring.profile, JsonLanguage(wiring.profile), _calls(wiring))


def _calls(wiring: Wiring) -> Calls:
    if not wiring.profile.token_path:
        return PlainCalls(wiring.connection, _headers)
    call = token_call(wiring.profile.token_path, wiring.settings.auth_header.get_secret_value())
    tokens = TokenCache(
        wiring.token_connection, call, wiring.clock, fetch_seconds=wiring.settings.token_seconds
    )
    return BearerCalls(wiring.connection, tokens, _headers, token_seconds=wiring.settings.token_seconds)


def _required(profile: Profile) -> tuple[str, ...]:
    return ("auth_header",) if profile.token_path else ()


LGSP_JSON = Road("lgsp-json", Path(__file__).with_name("profiles.toml"), _required, _build)
