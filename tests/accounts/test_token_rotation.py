"""What becomes of tokens when their keys change: read by one mint, and kept in a real database."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.accounts.table import TOKEN_KEY as TABLE
from app.accounts.token_key_store import (
    TokenKeyring,
    add_token_key,
    load_token_keys,
    make_first_token_key,
    replace_token_keys,
    rotate_token_keys,
)
from app.accounts.token_keys import TokenKey
from app.accounts.tokens import TokenMint
from app.audit.sealing import RootKey
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.errors import NotAuthenticatedError
from app.logs import configure_logging
from tests.accounts.forging import decoded, signed_token
from tests.accounts.held_keys import HeldKeys
from tests.accounts.test_tokens import a_session
from tests.world import A_TOKEN_KEY, ROOT_KEY, Database, TurnableClock, pem_of

ROOT = RootKey.from_text(ROOT_KEY)
NOW = SystemClock().now()
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def a_mint(keys: HeldKeys, clock: TurnableClock) -> TokenMint:
    return TokenMint(keys, "https://cong.example", clock, lifetime=timedelta(minutes=10))


def kid_of(token: str) -> str:
    return str(decoded(token.split(".", maxsplit=1)[0])["kid"])


def is_invalid(mint: TokenMint, token: str) -> bool:
    try:
        mint.read(token)
    except NotAuthenticatedError as error:
        return error.code.value == "token_invalid"
    return False


def forged(token: str, key: TokenKey, **header: object) -> str:
    """Return the token as *key* would sign it, under its own id or another header."""
    first, second, _ = token.split(".")
    return signed_token(decoded(first) | {"kid": key.kid} | header, decoded(second), pem_of(key))


def test_a_token_goes_on_after_its_key_became_the_former_one() -> None:
    clock, keys = TurnableClock(), HeldKeys(A_TOKEN_KEY)
    mint = a_mint(keys, clock)
    token = mint.issue(a_session())
    coming = TokenKey.generate(clock.now())
    keys.hold(replace(A_TOKEN_KEY, verifies_until=clock.now() + HOUR), coming)
    mint.read(token)
    assert kid_of(mint.issue(a_session())) == coming.kid


def test_a_coming_key_is_published_and_does_not_sign() -> None:
    clock = TurnableClock()
    coming = TokenKey.generate(clock.now() + DAY)
    mint = a_mint(HeldKeys(A_TOKEN_KEY, coming), clock)
    assert [key["kid"] for key in mint.jwks["keys"]] == [A_TOKEN_KEY.kid, coming.kid]
    assert kid_of(mint.issue(a_session())) == A_TOKEN_KEY.kid


def test_a_token_of_a_coming_key_is_refused_until_the_minute_before_it_signs() -> None:
    clock = TurnableClock()
    coming = TokenKey.generate(clock.now() + timedelta(minutes=5))
    mint = a_mint(HeldKeys(A_TOKEN_KEY, coming), clock)
    early = forged(mint.issue(a_session()), coming)
    assert is_invalid(mint, early)
    clock.ahead = timedelta(minutes=4, seconds=30)
    mint.read(early)


def test_an_id_that_belongs_to_another_of_our_keys_is_refused() -> None:
    clock = TurnableClock()
    former = replace(TokenKey.generate(clock.now() - DAY), verifies_until=clock.now() + HOUR)
    coming = TokenKey.generate(clock.now() + timedelta(seconds=30))
    keys = (former, A_TOKEN_KEY, coming)
    mint = a_mint(HeldKeys(*keys), clock)
    token = mint.issue(a_session())
    for signer in keys:
        mint.read(forged(token, signer))
        for named in keys:
            if named is not signer:
                assert is_invalid(mint, forged(token, signer, kid=named.kid))


@pytest.mark.parametrize(
    "kid",
    ["unknown", "", None, 7, ["x"], {"a": "b"}, pytest.param(A_TOKEN_KEY.kid.upper(), id="capitals")],
)
def test_our_own_signature_under_an_id_that_is_not_the_keys_is_refused(kid: object) -> None:
    mint = a_mint(HeldKeys(A_TOKEN_KEY), TurnableClock())
    assert is_invalid(mint, forged(mint.issue(a_session()), A_TOKEN_KEY, kid=kid))


def test_a_token_without_a_key_id_is_refused() -> None:
    mint = a_mint(HeldKeys(A_TOKEN_KEY), TurnableClock())
    header, claims, _ = mint.issue(a_session()).split(".")
    nameless = {name: value for name, value in decoded(header).items() if name != "kid"}
    assert is_invalid(mint, signed_token(nameless, decoded(claims), pem_of(A_TOKEN_KEY)))


def test_a_token_that_outlives_its_key_is_refused_though_it_was_remembered() -> None:
    clock = TurnableClock()
    former = replace(TokenKey.generate(clock.now() - DAY), verifies_until=clock.now() + HOUR)
    mint = a_mint(HeldKeys(former, A_TOKEN_KEY), clock)
    header, claims, _ = mint.issue(a_session()).split(".")
    long_lived = decoded(claims) | {"exp": decoded(claims)["exp"] + 10**6}
    token = signed_token(decoded(header) | {"kid": former.kid}, long_lived, pem_of(former))
    mint.read(token)
    clock.ahead = HOUR
    assert is_invalid(mint, token)
    assert mint.remembered_count == 0
    assert is_invalid(mint, token)


def test_what_was_verified_is_forgotten_when_the_keys_change() -> None:
    clock, keys = TurnableClock(), HeldKeys(A_TOKEN_KEY)
    mint = a_mint(keys, clock)
    tokens = [mint.issue(a_session()) for _ in range(3)]
    for token in tokens:
        mint.read(token)
    assert mint.remembered_count == 3
    keys.hold(TokenKey.generate(clock.now()))
    assert all(is_invalid(mint, token) for token in tokens)
    assert mint.remembered_count == 0


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    yield engine
    await engine.dispose()


@pytest.fixture
async def connection(owner: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with owner.begin() as connection:
        yield connection


async def test_a_rotation_is_stored_as_planned(connection: AsyncConnection) -> None:
    rotation = await rotate_token_keys(connection, ROOT, NOW, DAY)
    former, coming = (await load_token_keys(connection, ROOT)).keys
    assert (former.kid, former.verifies_until) == (A_TOKEN_KEY.kid, rotation.former_verifies_until)
    assert (coming.kid, coming.signs_from, coming.verifies_until) == (rotation.kid, NOW + DAY, None)


async def test_a_replacement_leaves_the_new_key_alone(connection: AsyncConnection) -> None:
    planned = await rotate_token_keys(connection, ROOT, NOW, DAY)
    rotation = await replace_token_keys(connection, ROOT, NOW)
    (key,) = (await load_token_keys(connection, ROOT)).keys
    assert (key.kid, key.signs_from) == (rotation.kid, NOW)
    assert rotation.revoked_kids == tuple(sorted((A_TOKEN_KEY.kid, planned.kid)))


async def test_a_first_key_is_made_once(connection: AsyncConnection) -> None:
    await connection.execute(text("delete from token_key"))
    first = await make_first_token_key(connection, ROOT, NOW)
    assert first is not None
    assert await make_first_token_key(connection, ROOT, NOW) is None
    assert [key.kid for key in (await load_token_keys(connection, ROOT)).keys] == [first.kid]


async def test_a_key_wrapped_under_another_root_is_not_used(connection: AsyncConnection) -> None:
    planted = TokenKey.generate(NOW)
    await add_token_key(connection, RootKey.from_text(RootKey.generate_text()), planted)
    keys = await load_token_keys(connection, ROOT)
    assert [key.kid for key in keys.keys] == [A_TOKEN_KEY.kid]
    assert keys.unusable == (planted.kid,)


async def test_a_wrapped_key_under_another_id_or_of_another_purpose_is_not_used(
    connection: AsyncConnection,
) -> None:
    other = TokenKey.generate(NOW)
    wrapped = {
        "0" * 16: ROOT.wrap(f"token key {other.kid}", other.secret),
        "1" * 16: ROOT.wrap("token key " + "1" * 16, other.secret),  # it opens, and is not that key
        "2" * 16: ROOT.wrap("second factor " + "2" * 16, bytes(32)),
        "3" * 16: ROOT.wrap("token key " + "3" * 16, bytes(32)),  # no number of the curve
        "4" * 16: other.secret + bytes(28),
    }
    for kid, content in wrapped.items():
        await connection.execute(insert(TABLE).values(kid=kid, wrapped_key=content, signs_from=NOW))
    keys = await load_token_keys(connection, ROOT)
    assert [key.kid for key in keys.keys] == [A_TOKEN_KEY.kid]
    assert keys.unusable == tuple(wrapped)


async def test_a_running_process_unwraps_keys_only_when_they_changed(connection: AsyncConnection) -> None:
    keyring = TokenKeyring(ROOT)
    first = await keyring.load(connection)
    assert await keyring.load(connection) is first
    await rotate_token_keys(connection, ROOT, NOW, DAY)
    assert await keyring.load(connection) is not first


async def test_a_planted_row_is_in_the_log_once_and_without_its_content(
    connection: AsyncConnection,
) -> None:
    written = io.StringIO()
    configure_logging(written)
    planted = TokenKey.generate(NOW)
    await add_token_key(connection, RootKey.from_text(RootKey.generate_text()), planted)
    keyring = TokenKeyring(ROOT)
    await keyring.load(connection)
    await keyring.load(connection)
    (line,) = [line for line in written.getvalue().splitlines() if "token_key.unusable" in line]
    assert '"count":1' in line
    assert planted.kid not in line


async def test_a_rotation_takes_away_keys_that_are_long_over(connection: AsyncConnection) -> None:
    old, recent = (
        replace(TokenKey.generate(NOW - 90 * DAY), verifies_until=NOW - days * DAY) for days in (40, 10)
    )
    for key in (old, recent):
        await add_token_key(connection, ROOT, key)
    rotation = await rotate_token_keys(connection, ROOT, NOW, DAY)
    left = {key.kid for key in (await load_token_keys(connection, ROOT)).keys}
    assert left == {recent.kid, A_TOKEN_KEY.kid, rotation.kid}


async def test_the_serving_role_reads_keys_and_changes_nothing(database: Database) -> None:
    engine = create_async_engine(sqlalchemy_address(database.serving_url))
    try:
        async with engine.begin() as connection:
            assert len((await load_token_keys(connection, ROOT)).keys) == 1
        for statement in (
            text("delete from token_key"),
            update(TABLE).values(verifies_until=None),
            insert(TABLE).values(kid="0" * 16, wrapped_key=bytes(60), signs_from=NOW),
        ):
            async with engine.connect() as connection:
                with pytest.raises(DBAPIError, match="permission denied"):
                    await connection.execute(statement)
    finally:
        await engine.dispose()


async def test_the_auditing_role_cannot_read_token_keys(database: Database) -> None:
    engine = create_async_engine(sqlalchemy_address(database.auditing_url))
    try:
        async with engine.connect() as connection:
            with pytest.raises(DBAPIError, match="permission denied"):
                await load_token_keys(connection, ROOT)
    finally:
        await engine.dispose()
