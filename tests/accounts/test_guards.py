"""Guessing is stopped: locks that double, shared by all processes, the same for names nobody bears."""

import asyncio
from datetime import timedelta

import pytest

from app.cli import invented
from tests.accounts.calls import fetch, profile, soon, tokens_of, turnable_gateway
from tests.gateway import Gateway
from tests.world import TurnableClock, World

MINUTE = timedelta(minutes=1)
NAMES = (invented.RECEPTION, "khong.co")


async def _guess(gateway: Gateway, login_name: str, times: int = 5) -> set[bytes]:
    return {(await gateway.try_sign_in(login_name, "wrong")).content for _ in range(times)}


async def _locks(gateway: Gateway) -> list[tuple[int, int, timedelta]]:
    """Return failures, locks so far, and how long the present one lasts, of each guard with a lock."""
    rows = await fetch(gateway, "select * from sign_in_guard where locked_until is not null")
    return [
        (row["failures"], row["lock_count"], row["locked_until"] - row["last_failure_at"]) for row in rows
    ]


@pytest.mark.parametrize("login_name", NAMES)
async def test_locks_double_and_are_on_record_whether_or_not_anybody_bears_the_name(
    world: World, login_name: str
) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as gateway:
        for count, minutes in ((1, 5), (2, 10), (3, 20)):
            answers = await _guess(gateway, login_name)
            assert len(answers) == 1
            assert await _locks(gateway) == [(0, count, minutes * MINUTE)]
            assert len(await gateway.records("account.locked")) == count
            clock.ahead += minutes * MINUTE + timedelta(seconds=1)
        records = await gateway.records("account.locked")
        assert all(("officer_id" in record) is (login_name == NAMES[0]) for record in records)
        assert "khong.co" not in str(records)


async def test_a_right_password_during_a_lock_fails_like_a_wrong_one_on_every_process(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as first, turnable_gateway(world, clock) as second:
        said = await _guess(first, NAMES[0])
        said |= await _guess(second, NAMES[1])
        said.add((await second.try_sign_in(NAMES[0])).content)
        assert len(said) == 1
        clock.ahead = 5 * MINUTE + timedelta(seconds=1)
        assert (await second.try_sign_in(NAMES[0])).status_code == 200


async def test_a_lock_survives_a_restart(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as gateway:
        await _guess(gateway, NAMES[0])
    async with turnable_gateway(world, clock) as restarted:
        assert (await restarted.try_sign_in(NAMES[0])).status_code == 400


async def test_a_lock_ends_the_officers_sessions_on_every_process_within_a_second(
    world: World, gateway: Gateway
) -> None:
    async with turnable_gateway(world, TurnableClock()) as second:
        tokens, foreign = await tokens_of(gateway), await tokens_of(gateway, invented.PROCESSING)
        await _guess(gateway, NAMES[0])
        assert await soon(second, tokens["access_token"]) == "session_ended"
        assert await soon(gateway, tokens["access_token"]) == "session_ended"
        assert (await profile(second, foreign["access_token"])).status_code == 200


async def test_a_right_sign_in_starts_the_count_again(gateway: Gateway) -> None:
    for _ in range(3):
        await _guess(gateway, NAMES[0], 4)
        assert (await gateway.try_sign_in(NAMES[0])).status_code == 200


async def test_a_wrong_code_counts_as_a_failure(gateway: Gateway) -> None:
    for _ in range(5):
        assert (await gateway.try_sign_in(invented.AUDITOR, otp="000000")).status_code == 400
    assert (await gateway.try_sign_in(invented.AUDITOR)).status_code == 400
    assert len(await gateway.records("account.locked")) == 1


async def test_software_that_is_not_known_locks_nobody(gateway: Gateway) -> None:
    form = {"grant_type": "password", "username": NAMES[0], "password": "wrong"}
    for _ in range(6):
        answer = await gateway.http.post("/v1/auth/token", data=form, auth=(invented.CLIENT_ID, "x"))
        assert answer.status_code == 401
    assert await fetch(gateway, "select * from sign_in_guard") == []
    assert (await gateway.try_sign_in(NAMES[0])).status_code == 200


async def test_guesses_sent_at_once_cannot_all_come_before_the_count(gateway: Gateway) -> None:
    await asyncio.gather(*(gateway.try_sign_in(NAMES[0], "wrong") for _ in range(20)))
    assert await _locks(gateway) == [(0, 1, 5 * MINUTE)]


async def test_a_hundred_failures_close_an_address_for_a_minute_and_lock_nobody(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as gateway:
        await _guess(gateway, "khong.co", 1)
        await gateway.execute("update sign_in_guard set failures = 99 where lock_count = 0")
        await gateway.execute("delete from sign_in_guard where failures <> 99")
        assert (await gateway.try_sign_in("khong.co-2", "wrong")).status_code == 400
        closed = [await gateway.try_sign_in(NAMES[0]) for _ in range(6)]
        assert {(answer.status_code, answer.json()["code"]) for answer in closed} == {
            (429, "too_many_sign_ins")
        }
        assert 55 <= int(closed[0].headers["Retry-After"]) <= 60
        clock.ahead = MINUTE + timedelta(seconds=1)
        assert (await gateway.try_sign_in(NAMES[0])).status_code == 200


async def test_right_sign_ins_are_not_charged_to_their_address(gateway: Gateway) -> None:
    await _guess(gateway, "khong.co", 1)
    before = await fetch(gateway, "select max(last_failure_at) as at from sign_in_guard")
    for _ in range(3):
        await tokens_of(gateway)
    (row,) = await fetch(gateway, "select sum(failures) as sum from sign_in_guard")
    assert row["sum"] == 2  # of the name and of the address
    after = await fetch(gateway, "select max(last_failure_at) as at from sign_in_guard where failures = 1")
    assert before[0]["at"] == after[0]["at"]


async def test_guards_name_neither_people_nor_places(gateway: Gateway) -> None:
    await _guess(gateway, NAMES[0], 1)
    rows = await fetch(gateway, "select row_to_json(sign_in_guard)::text as kept from sign_in_guard")
    assert len(rows) == 2
    assert all(NAMES[0] not in row["kept"] and "127.0.0" not in row["kept"] for row in rows)
