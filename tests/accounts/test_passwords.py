"""Passwords: argon2id beside the event loop, few at a time, the same work whoever is asked about."""

import asyncio
import threading
import unicodedata
from collections.abc import Iterator

import pytest

from app.accounts.passwords import PasswordVault, SignInBusyError, hash_password

ACCENTED = "Mật-khẩu-của-Thử-1"


@pytest.fixture
def vault() -> Iterator[PasswordVault]:
    with PasswordVault(workers=1, max_waiting=2) as running:
        yield running


async def test_the_right_password_matches_and_another_does_not(vault: PasswordVault) -> None:
    stored = hash_password("right")
    assert await vault.matches(stored, "right") is True
    assert await vault.matches(stored, "wrong") is False


async def test_hashes_are_argon2id_of_at_least_19_mebibytes(vault: PasswordVault) -> None:
    assert (await vault.hash("x")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
async def test_composed_and_decomposed_accents_are_one_password(vault: PasswordVault, form: str) -> None:
    typed = unicodedata.normalize(form, ACCENTED)  # type: ignore[arg-type]
    for stored in (hash_password(ACCENTED), hash_password(typed), await vault.hash(typed)):
        assert await vault.matches(stored, typed) is True
        assert await vault.matches(stored, ACCENTED) is True


@pytest.mark.parametrize("password", ["nobody has this password", "", "x"])
async def test_where_there_is_no_hash_no_password_matches(vault: PasswordVault, password: str) -> None:
    assert await vault.matches(None, password) is False


async def test_a_hash_that_cannot_be_read_matches_nothing(vault: PasswordVault) -> None:
    assert await vault.matches("no hash", "x") is False


async def test_hashing_leaves_the_event_loop_free(vault: PasswordVault) -> None:
    name = await vault._in_thread(lambda _: threading.current_thread().name, "x")
    assert name.startswith("argon2")
    checking = asyncio.ensure_future(vault.matches(None, "x"))
    turns = 0
    while not checking.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 5


async def test_beyond_its_queue_the_vault_refuses_at_once_and_recovers(vault: PasswordVault) -> None:
    answers = await asyncio.gather(*(vault.matches(None, "x") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(answer, SignInBusyError) for answer in answers) == 3
    assert answers.count(False) == 2
    assert await vault.matches(None, "x") is False
