"""A lock ends what the account has open, in every process, and is on record; so is an address's."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.cli import invented
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.accounts.administering import lock
from tests.accounts.calls import change_password, profile, soon, tokens_of
from tests.fakes import FakeAuditLog
from tests.gateway import Gateway, an_upstream, running_gateway
from tests.world import World


@pytest.fixture
async def second(world: World) -> AsyncIterator[Gateway]:
    """Another process's gateway over the same database."""
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with running_gateway(world, an_upstream(), transport=mock) as running:
        yield running


async def test_the_fifth_wrong_try_ends_the_sessions_in_every_process(
    gateway: Gateway, second: Gateway
) -> None:
    tokens = [(await tokens_of(each))["access_token"] for each in (gateway, second)]
    await lock(gateway, invented.RECEPTION)
    for token in tokens:
        for each in (gateway, second):
            assert await soon(each, token) == "session_ended"


async def test_four_wrong_tries_end_nothing(gateway: Gateway, second: Gateway) -> None:
    token = (await tokens_of(gateway))["access_token"]
    for _ in range(4):
        await gateway.try_sign_in(invented.RECEPTION, "sai")
    assert await soon(second, token, seconds=1.0) is None
    assert (await profile(gateway, token)).status_code == 200


async def test_a_lock_ends_sessions_even_where_it_cannot_be_recorded(world: World) -> None:
    broken = FakeAuditLog()
    async with running_gateway(world, an_upstream(), wrap_log=lambda _: broken) as gateway:
        token = (await tokens_of(gateway))["access_token"]
        for _ in range(4):
            await gateway.try_sign_in(invented.RECEPTION, "sai")
        broken.fail = True
        assert (await gateway.try_sign_in(invented.RECEPTION, "sai")).status_code == 503
        broken.fail = False
        assert await soon(gateway, token) == "session_ended"


async def test_an_address_that_is_closed_is_on_record_once(gateway: Gateway) -> None:
    # As if it had failed 98 times before; the row of the name begins as high, and does not matter here.
    await gateway.try_sign_in("ai.do", "sai")
    await gateway.execute("update sign_in_guard set failures = 98 where failures = 1")
    for number in range(4):
        await gateway.try_sign_in(f"ai.do.{number}", "sai")
    (record,) = await gateway.records("address.locked")
    assert (record["address"], record["client_id"]) == ("127.0.0.1", invented.CLIENT_ID)
    assert "officer_id" not in record


async def test_wrong_present_passwords_close_an_address_too(gateway: Gateway) -> None:
    token = (await tokens_of(gateway))["access_token"]
    await gateway.try_sign_in("ai.do", "sai")
    await gateway.execute("update sign_in_guard set failures = 99 where failures = 1")
    assert (await change_password(gateway, token, "sai")).status_code == 403
    (record,) = await gateway.records("address.locked")
    assert (record["address"], record["client_id"]) == ("127.0.0.1", invented.CLIENT_ID)
