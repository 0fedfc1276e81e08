"""Which settings open a road, and which stop the start."""

import httpx
import pytest

from adapters.calls import BearerCalls
from adapters.choose import check_settings, open_source
from adapters.httpx_connection import HttpxConnection
from adapters.kept_connection import KeptConnection
from adapters.lgsp_soap.credentials import Credentials
from app.clock import SystemClock
from app.errors import ConfigurationError
from app.settings import UpstreamSettings


def changed(settings: UpstreamSettings, **values: str) -> UpstreamSettings:
    return UpstreamSettings.model_validate(settings.model_dump() | values)


async def test_complete_settings_open_the_lgsp_road(settings: UpstreamSettings) -> None:
    async with open_source(settings, SystemClock()) as source:
        assert source.road == "lgsp-soap"


async def test_the_question_goes_over_kept_wires_and_the_token_over_httpx(settings: UpstreamSettings) -> None:
    async with open_source(settings, SystemClock()) as source:
        assert isinstance(source._calls, BearerCalls)
        assert isinstance(source._calls._connection, KeptConnection)
        assert isinstance(source._calls._tokens._connection, HttpxConnection)


async def test_a_transport_carries_both_calls(settings: UpstreamSettings) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(503))

    async with open_source(settings, SystemClock(), transport=transport) as source:
        assert isinstance(source._calls, BearerCalls)
        assert isinstance(source._calls._connection, HttpxConnection)
        assert source._calls._connection is source._calls._tokens._connection


async def test_an_unreadable_ca_bundle_stops_the_start(settings: UpstreamSettings) -> None:
    with pytest.raises(ConfigurationError, match="CA_BUNDLE"):
        async with open_source(changed(settings, ca_bundle="/no/such/file"), SystemClock()):
            pass


@pytest.mark.parametrize(
    "name", ["base_url", "access_key", "secret_key", "app_name", "partner_code", "partner_code_customer"]
)
async def test_a_missing_setting_stops_the_start_and_is_named(settings: UpstreamSettings, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"DANCU_UPSTREAM_{name.upper()}$"):
        async with open_source(changed(settings, **{name: " "}), SystemClock()):
            pass


def test_the_officers_key_may_be_empty(settings: UpstreamSettings) -> None:
    empty = changed(settings, key_name="", key_password="")

    check_settings(empty)

    assert Credentials.from_settings(empty).auth_hash == "Og=="


@pytest.mark.parametrize(
    "base_url",
    [
        "http://lgsp.example.invalid",
        "http://10.1.2.3:8080",
        "lgsp.example.invalid",
        "/adapter",
        "ftp://lgsp.example.invalid",
        "https://user:secret@lgsp.example.invalid",
        "https://lgsp.example.invalid/?a=b",
        "https://lgsp.example.invalid/#a",
        "https://lgsp.example.invalid:port",
        "https://lgsp..invalid",
        f"https://{'l' * 64}.invalid",
        "https://xn--999999999.invalid",
    ],
)
def test_an_address_that_is_no_safe_one_stops_the_start_without_being_repeated(
    settings: UpstreamSettings, base_url: str
) -> None:
    with pytest.raises(ConfigurationError, match="DANCU_UPSTREAM_BASE_URL") as caught:
        check_settings(changed(settings, base_url=base_url))

    assert base_url not in str(caught.value)


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8090", "http://localhost:8090/", "http://[::1]:8090"])
def test_plain_http_stays_on_this_machine(settings: UpstreamSettings, base_url: str) -> None:
    check_settings(changed(settings, base_url=base_url))


@pytest.mark.parametrize("name", ["token_path", "find_path", "confirm_path"])
def test_a_path_starts_with_a_slash(settings: UpstreamSettings, name: str) -> None:
    for wrong in ("token", "//elsewhere/token", "/token?number=1", "/token#x", "/\\elsewhere"):
        with pytest.raises(ConfigurationError, match="_PATH must start with a slash"):
            check_settings(changed(settings, **{name: wrong}))


def test_credentials_never_print(settings: UpstreamSettings) -> None:
    credentials = Credentials.from_settings(settings)

    assert credentials.auth_hash not in repr(credentials)
