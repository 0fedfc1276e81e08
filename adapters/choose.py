"""Opens the road to the national side that the operator chose."""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from pydantic import SecretStr

from adapters.aiohttp_connection import AiohttpConnection
from adapters.connection import Connection
from adapters.httpx_connection import HttpxConnection
from adapters.lgsp_soap.adapter import LgspSoapSource
from adapters.lgsp_soap.profile import Credentials, LgspSoapProfile
from app.clock import Clock
from app.errors import ConfigurationError
from app.lookup.source import PopulationSource
from app.settings import UpstreamSettings

# key_name and key_password may be empty: newer platforms send AuthHash without content.
_REQUIRED = ("base_url", "access_key", "secret_key", "app_name", "partner_code", "partner_code_customer")
# All lookups share one token call.
_TOKEN_CONNECTIONS = 1


@asynccontextmanager
async def open_source(
    settings: UpstreamSettings, clock: Clock, *, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[PopulationSource]:
    """Yield the source of *settings*' profile and close its connections afterwards.

    Raises ConfigurationError on entry when a setting is missing or wrong. *transport* is for tests;
    where given it carries both calls, the token's and the question's.
    """
    check_settings(settings)
    # One profile so far (the settings' type allows no other), so there is nothing to choose yet.
    profile, credentials = LgspSoapProfile.from_settings(settings), Credentials.from_settings(settings)
    async with AsyncExitStack() as opened:
        token_connection: Connection = _over_httpx(settings, transport)
        opened.push_async_callback(token_connection.aclose)
        connection = token_connection
        if transport is None:
            connection = _over_aiohttp(settings)
            opened.push_async_callback(connection.aclose)
        source = LgspSoapSource(connection, token_connection, profile, credentials, clock)
        opened.push_async_callback(source.aclose)
        yield source


def _over_httpx(settings: UpstreamSettings, transport: httpx.AsyncBaseTransport | None) -> HttpxConnection:
    return HttpxConnection(
        settings.base_url,
        connect_seconds=settings.connect_seconds,
        max_connections=_TOKEN_CONNECTIONS,
        max_answer_bytes=settings.max_answer_bytes,
        ca_bundle=settings.ca_bundle,
        transport=transport,
    )


def _over_aiohttp(settings: UpstreamSettings) -> AiohttpConnection:
    return AiohttpConnection(
        settings.base_url,
        connect_seconds=settings.connect_seconds,
        max_connections=settings.max_connections,
        max_answer_bytes=settings.max_answer_bytes,
        ca_bundle=settings.ca_bundle,
    )


def check_settings(settings: UpstreamSettings) -> None:
    """Raise ConfigurationError, naming the variables, when *settings* cannot reach anybody safely."""
    missing = [name for name in _REQUIRED if not _plain(getattr(settings, name)).strip()]
    if missing:
        names = ", ".join(f"DANCU_UPSTREAM_{name.upper()}" for name in missing)
        raise ConfigurationError(f"the road to the national side is not set up: {names}")
    try:
        url = httpx.URL(settings.base_url)
    except httpx.InvalidURL:
        raise ConfigurationError("DANCU_UPSTREAM_BASE_URL is not a URL") from None
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise ConfigurationError("DANCU_UPSTREAM_BASE_URL must be https://host[:port][/path]")
    if url.scheme == "http" and not _is_loopback(url.host):
        # Personal data and credentials would cross the network in clear.
        raise ConfigurationError("DANCU_UPSTREAM_BASE_URL must be https:// except on this machine")
    for name in ("token_path", "find_path", "confirm_path"):
        if not getattr(settings, name).startswith("/"):
            raise ConfigurationError(f"DANCU_UPSTREAM_{name.upper()} must start with a slash")


def _plain(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
