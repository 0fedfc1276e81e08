"""Two gateways over one database: a rotation reaches both within a second and signs nobody out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts.token_key_store import (
    add_token_key,
    replace_token_keys,
    rotate_token_keys,
)
from app.accounts.token_keys import CLOCK_SLACK, LONGEST_TOKEN, Rotation, TokenKey
from app.audit.sealing import RootKey
from app.database.address import sqlalchemy_address
from app.errors import ConfigurationError
from tests.accounts.calls import profile, refresh, soon, tokens_of, turnable_gateway
from tests.accounts.forging import decoded, signed_token
from tests.gateway import Gateway, an_upstream, running_gateway
from tests.world import A_TOKEN_KEY, ROOT_KEY, TurnableClock, World, pem_of

ROOT = RootKey.from_text(ROOT_KEY)
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> TurnableClock:
    """The clock of both gateways."""
    return TurnableClock()


@pytest.fixture
async def both(world: World, clock: TurnableClock) -> AsyncIterator[tuple[Gateway, Gateway]]:
    """Two processes' gateways over the same database."""
    async with turnable_gateway(world, clock) as one, turnable_gateway(world, clock) as other:
        yield one, other


async def change(world: World, work: Callable[[AsyncConnection], Awaitable[Rotation | None]]) -> str:
    """Do *work* as the owner of the database and return the new key's id."""
    engine = create_async_engine(sqlalchemy_address(world.database.owner_url))
    try:
        async with engine.begin() as connection:
            rotation = await work(connection)
    finally:
        await engine.dispose()
    return rotation.kid if rotation is not None else ""


async def rotate(world: World, clock: TurnableClock) -> str:
    return await change(world, lambda c: rotate_token_keys(c, ROOT, clock.now(), DAY))


async def replace_all(world: World, clock: TurnableClock) -> str:
    return await change(world, lambda c: replace_token_keys(c, ROOT, clock.now()))


async def published(gateway: Gateway) -> list[str]:
    answer = (await gateway.http.get("/.well-known/jwks.json")).raise_for_status()
    return [str(key["kid"]) for key in answer.json()["keys"]]


async def shows(gateway: Gateway, *kids: str) -> bool:
    """Whether the gateway publishes exactly these keys within a second."""
    try:
        async with asyncio.timeout(1.0):
            for _ in range(1000):
                if set(await published(gateway)) == set(kids):
                    break
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False
    return True


def kid_of(token: str) -> str:
    return str(decoded(token.split(".", maxsplit=1)[0])["kid"])


async def test_the_coming_key_is_published_everywhere_within_a_second_and_signs_nothing_yet(
    world: World, clock: TurnableClock, both: tuple[Gateway, Gateway]
) -> None:
    coming = await rotate(world, clock)
    for gateway in both:
        assert await shows(gateway, A_TOKEN_KEY.kid, coming)
        assert kid_of((await tokens_of(gateway))["access_token"]) == A_TOKEN_KEY.kid


async def test_a_rotation_signs_nobody_out(
    world: World, clock: TurnableClock, both: tuple[Gateway, Gateway]
) -> None:
    coming = await rotate(world, clock)
    clock.ahead = DAY - timedelta(minutes=2)
    before = await tokens_of(both[0])
    assert kid_of(before["access_token"]) == A_TOKEN_KEY.kid
    clock.ahead = DAY + timedelta(seconds=1)
    for gateway in both:
        assert await shows(gateway, A_TOKEN_KEY.kid, coming)
        assert (await profile(gateway, before["access_token"])).status_code == 200
        assert kid_of((await tokens_of(gateway))["access_token"]) == coming
    after = (await refresh(both[1], before["refresh_token"])).raise_for_status().json()
    assert kid_of(after["access_token"]) == coming
    for gateway in both:
        assert (await profile(gateway, after["access_token"])).status_code == 200
    clock.ahead = DAY + timedelta(minutes=8, seconds=1)
    for gateway in both:
        assert (await profile(gateway, before["access_token"])).json()["code"] == "token_expired"


async def test_a_former_key_counts_no_more_once_the_longest_token_is_over(
    world: World, clock: TurnableClock, both: tuple[Gateway, Gateway]
) -> None:
    token = (await tokens_of(both[0]))["access_token"]
    header, claims = (decoded(part) for part in token.split(".")[:2])
    coming = await rotate(world, clock)
    clock.ahead = DAY + LONGEST_TOKEN + CLOCK_SLACK + timedelta(seconds=5)
    stolen = signed_token(header, claims | {"exp": claims["exp"] + 10**6}, pem_of(A_TOKEN_KEY))
    for gateway in both:
        assert await shows(gateway, coming)
        assert (await profile(gateway, stolen)).json()["code"] == "token_invalid"


async def test_a_key_that_leaked_is_refused_everywhere_within_a_second_and_sessions_go_on(
    world: World, clock: TurnableClock, both: tuple[Gateway, Gateway]
) -> None:
    tokens = await tokens_of(both[0])
    for gateway in both:  # so that both remember it as good
        assert (await profile(gateway, tokens["access_token"])).status_code == 200
    fresh = await replace_all(world, clock)
    for gateway in both:
        assert await soon(gateway, tokens["access_token"], "token_invalid") == "token_invalid"
        assert await published(gateway) == [fresh]
    again = (await refresh(both[1], tokens["refresh_token"])).raise_for_status().json()
    assert kid_of(again["access_token"]) == fresh
    for gateway in both:
        assert (await profile(gateway, again["access_token"])).status_code == 200


async def test_a_key_that_leaked_takes_the_coming_one_with_it(
    world: World, clock: TurnableClock, both: tuple[Gateway, Gateway]
) -> None:
    await rotate(world, clock)
    fresh = await replace_all(world, clock)
    for gateway in both:
        assert await shows(gateway, fresh)


async def test_a_replacement_signs_at_once_where_the_gateways_clock_is_behind(
    world: World, clock: TurnableClock, both: tuple[Gateway, Gateway]
) -> None:
    clock.ahead = timedelta(seconds=30)
    fresh = await replace_all(world, clock)
    clock.ahead = timedelta()
    for gateway in both:
        assert await shows(gateway, fresh)
        token = (await tokens_of(gateway))["access_token"]
        assert kid_of(token) == fresh
        assert (await profile(gateway, token)).status_code == 200


async def test_a_planted_key_signs_nobody_in(
    world: World, clock: TurnableClock, both: tuple[Gateway, Gateway]
) -> None:
    token = (await tokens_of(both[0]))["access_token"]
    header, claims = (decoded(part) for part in token.split(".")[:2])
    planted = TokenKey.generate(clock.now())

    async def plant(connection: AsyncConnection) -> None:
        await add_token_key(connection, RootKey.from_text(RootKey.generate_text()), planted)

    await change(world, plant)
    coming = await rotate(world, clock)  # by now both have read the planted row, too
    forged = signed_token(header | {"kid": planted.kid}, claims, pem_of(planted))
    for gateway in both:
        assert await shows(gateway, A_TOKEN_KEY.kid, coming)
        assert (await profile(gateway, forged)).json()["code"] == "token_invalid"
        assert (await profile(gateway, token)).status_code == 200


async def test_a_suspension_ends_a_token_that_is_remembered_under_a_new_key(
    world: World, clock: TurnableClock, both: tuple[Gateway, Gateway]
) -> None:
    await replace_all(world, clock)
    fresh = (await tokens_of(both[0]))["access_token"]
    for gateway in both:
        assert (await profile(gateway, fresh)).status_code == 200
    await both[0].execute("update officer set status = 'suspended' where login_name = 'tiepnhan.mau'")
    for gateway in both:
        assert await soon(gateway, fresh, "officer_suspended") == "officer_suspended"


async def test_a_gateway_without_a_token_key_does_not_start(world: World, gateway: Gateway) -> None:
    await gateway.execute("delete from token_key")
    with pytest.raises(ConfigurationError, match="no token key"):
        async with running_gateway(world, an_upstream()):
            pass


async def test_a_gateway_whose_keys_are_all_planted_does_not_start(world: World, gateway: Gateway) -> None:
    await gateway.execute("update token_key set wrapped_key = decode(repeat('00', 60), 'hex')")
    with pytest.raises(ConfigurationError, match="DANCU_ROOT_KEY"):
        async with running_gateway(world, an_upstream()):
            pass


async def test_a_gateway_that_lost_its_last_key_is_not_ready(gateway: Gateway) -> None:
    await gateway.execute("delete from token_key")
    checks: dict[str, bool] = {}
    async with asyncio.timeout(1.0):
        while checks.get("token_key") is not False:
            checks = (await gateway.http.get("/readyz")).json()["checks"]
            await asyncio.sleep(0.02)
    assert checks["directory"]
    assert (await gateway.try_sign_in("tiepnhan.mau")).status_code == 503
