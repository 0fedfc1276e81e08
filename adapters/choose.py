"""Opens the road to the national side that the operator chose."""

import ipaddress
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Final

import httpx
from pydantic import SecretStr

from adapters.connection import Connection, Limits, Trust
from adapters.httpx_connection import HttpxConnection
from adapters.kept_connection import KeptConnection
from adapters.lgsp_json.adapter import LGSP_JSON
from adapters.lgsp_soap.adapter import LGSP_SOAP
from adapters.profile import Profile, load_profile
from adapters.road import Road, Wiring
from adapters.source import NationalSource
from adapters.vdxp_soap.adapter import VDXP_SOAP
from app.clock import Clock
from app.errors import ConfigurationError
from app.settings import UpstreamSettings

ROADS: Final = (LGSP_SOAP, LGSP_JSON, VDXP_SOAP)
# All lookups share one token call; a probe makes its own, in case that one hangs.
_TOKEN_CONNECTIONS = 2
_SENT_AS_HEADERS = ("auth_header", "road_client", "api_key")


@asynccontextmanager
async def open_source(
    settings: UpstreamSettings, clock: Clock, *, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[NationalSource]:
    """Yield the source of *settings*' profile and close its connections afterwards.

    Raises ConfigurationError on entry when a setting is missing or wrong. *transport* is for tests;
    where given it carries both calls, the token's and the question's.
    """
    with _named_after(settings):
        road, profile = _checked(settings)
    async with AsyncExitStack() as opened:
        token_connection: Connection = _over_httpx(settings, transport)
        opened.push_async_callback(token_connection.aclose)
        connection = token_connection
        if transport is None:
            connection = _over_kept_wires(settings)
            opened.push_async_callback(connection.aclose)
        source = road.build(Wiring(settings, profile, connection, token_connection, clock))
        opened.push_async_callback(source.aclose)
        yield source


def check_settings(settings: UpstreamSettings) -> None:
    """Raise ConfigurationError, naming the variables, when *settings* cannot reach anybody safely."""
    with _named_after(settings):
        _checked(settings)


def trust_of(settings: UpstreamSettings) -> Trust:
    """Return whom *settings* trust, and what they show."""
    if settings.client_key is not None and settings.client_certificate is None:
        prefix = settings.prefix
        raise ConfigurationError(f"{prefix}CLIENT_KEY needs {prefix}CLIENT_CERTIFICATE")
    return Trust(settings.ca_bundle, settings.client_certificate, settings.client_key)


@contextmanager
def _named_after(settings: UpstreamSettings) -> Iterator[None]:
    """Let errors within name the variables of this road, which may be the second."""
    try:
        yield
    except ConfigurationError as error:
        raise ConfigurationError(str(error).replace("DANCU_UPSTREAM_", settings.prefix)) from None


def _checked(settings: UpstreamSettings) -> tuple[Road, Profile]:
    road = next(road for road in ROADS if road.speaks(settings.profile))
    profile = load_profile(road.profiles, settings)
    needed = ("base_url", *road.required_settings(profile))
    missing = [name for name in needed if not _plain(getattr(settings, name)).strip()]
    if missing:
        names = ", ".join(f"DANCU_UPSTREAM_{name.upper()}" for name in missing)
        raise ConfigurationError(f"the road to the national side is not set up: {names}")
    for name in _SENT_AS_HEADERS:
        if not re.fullmatch("[ -~]*", _plain(getattr(settings, name))):
            raise ConfigurationError(f"DANCU_UPSTREAM_{name.upper()} cannot stand in a header")
    _check_address(settings.base_url)
    trust_of(settings)
    return road, profile


def _check_address(base_url: str) -> None:
    try:
        url = httpx.URL(base_url)
        url.host.encode("idna")  # as it is when the name is looked up
    except (httpx.InvalidURL, UnicodeError):
        raise ConfigurationError("DANCU_UPSTREAM_BASE_URL is not a URL") from None
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise ConfigurationError("DANCU_UPSTREAM_BASE_URL must be https://host[:port][/path]")
    if url.scheme == "http" and not _is_loopback(url.host):
        # Personal data and credentials would cross the network in clear.
        raise ConfigurationError("DANCU_UPSTREAM_BASE_URL must be https:// except on this machine")


def _over_httpx(settings: UpstreamSettings, transport: httpx.AsyncBaseTransport | None) -> HttpxConnection:
    return HttpxConnection(
        settings.base_url,
        connect_seconds=settings.connect_seconds,
        max_connections=_TOKEN_CONNECTIONS,
        max_answer_bytes=settings.max_answer_bytes,
        trust=trust_of(settings),
        limits=_limits_of(settings),
        transport=transport,
    )


def _over_kept_wires(settings: UpstreamSettings) -> KeptConnection:
    return KeptConnection(
        settings.base_url,
        connect_seconds=settings.connect_seconds,
        max_connections=settings.max_connections,
        max_answer_bytes=settings.max_answer_bytes,
        trust=trust_of(settings),
        limits=_limits_of(settings),
    )


def _limits_of(settings: UpstreamSettings) -> Limits:
    return Limits(settings.pool_seconds, settings.write_seconds, settings.read_seconds)


def _plain(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
