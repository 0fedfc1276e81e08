"""Changing one's password, and what an officer may do who must."""

import asyncio
from datetime import timedelta

import pytest

from app.accounts.passwords import hash_password
from app.cli import invented
from tests.accounts.calls import (
    NEW_PASSWORD,
    change_password,
    fetch,
    profile,
    refresh,
    soon,
    tokens_of,
    turnable_gateway,
)
from tests.gateway import Gateway, bearer
from tests.world import TurnableClock, World

OWN = invented.RECEPTION


async def _wait_for_directory() -> None:
    await asyncio.sleep(0.3)


async def test_a_changed_password_replaces_the_old_one_and_is_on_record(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    changed = await change_password(gateway, token)
    assert (changed.status_code, changed.content) == (204, b"")
    # At once: the answer says that the new one counts.
    assert (await gateway.try_sign_in(OWN)).status_code == 400
    assert (await gateway.try_sign_in(OWN, NEW_PASSWORD)).status_code == 200
    records = await gateway.records("password.changed")
    assert [record["session_id"] for record in records] != []
    assert NEW_PASSWORD not in str(await gateway.records())


async def test_a_changed_password_ends_every_session_on_every_process_within_a_second(
    world: World, gateway: Gateway
) -> None:
    async with turnable_gateway(world, TurnableClock()) as second:
        first, other = await tokens_of(gateway), await tokens_of(second)
        await change_password(gateway, first["access_token"])
        for tokens in (first, other):
            assert await soon(gateway, tokens["access_token"]) == "session_ended"
            assert await soon(second, tokens["access_token"]) == "session_ended"
            assert (await refresh(second, tokens["refresh_token"])).status_code == 400


LONG = "Aa1-" + "gạo" * 60
FAULTS = {
    "Aa1-xyz": "Cần ít nhất 8 ký tự",
    LONG: "Chỉ được tối đa 128 ký tự",
    "cua-so-xanh-27": "Thiếu chữ in hoa",
    "CUA-SO-XANH-27": "Thiếu chữ in thường",
    "Cua-so-xanh-hai": "Thiếu chữ số",
    "CuaSoXanh27k": "Thiếu ký tự đặc biệt, ví dụ @ # - ! (dấu cách không tính)",
    "Matkhau@123": (
        "Quá dễ đoán: chỉ là từ thông dụng, địa danh, dãy phím hoặc chuỗi lặp lại thêm số, ký hiệu"
    ),
    "Tiepnhan.mau#27": "Không được chứa tên đăng nhập hoặc một phần tên đăng nhập",
    "NguyenThiTiep#27": "Không được chứa họ tên của người dùng, kể cả viết không dấu",
    "UyBanNhanDan#27x": "Không được chứa tên cơ quan, đơn vị, kể cả viết không dấu",
}


async def test_what_is_wrong_with_a_new_password_is_named_in_vietnamese(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    said = {}
    for new in FAULTS:
        answer = await change_password(gateway, token, new=new)
        assert (answer.status_code, answer.json()["code"]) == (422, "password_refused")
        assert new not in answer.text
        said[new] = [fault["text"] for fault in answer.json()["faults"]]
    assert {new: text for new, text in FAULTS.items() if text not in said[new]} == {}
    assert (await profile(gateway, token)).status_code == 200
    assert {record["problem_code"] for record in await gateway.records("request.rejected")} == {
        "password_refused"
    }


async def test_everything_that_is_wrong_is_named_at_once_in_english_on_request(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    answer = await change_password(gateway, token, new="k", **{"Accept-Language": "en"})
    codes = [fault["code"] for fault in answer.json()["faults"]]
    assert codes[:4] == ["too_short", "no_upper", "no_digit", "no_special"]
    assert answer.json()["faults"][0]["text"] == "Use at least 8 characters"


async def test_the_present_password_is_no_new_one(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    answer = await change_password(gateway, token, new=gateway.world.province.passwords[OWN])
    (fault,) = answer.json()["faults"]
    assert fault["code"] == "used_before"
    assert "Phải khác mật khẩu" in fault["text"]


async def test_of_ten_remembered_passwords_none_is_taken_again_the_first_one_included(world: World) -> None:
    async with turnable_gateway(world, TurnableClock(), password_profile="tcvn-14423-level-3") as gateway:
        first = gateway.world.province.passwords[OWN]
        token = (await tokens_of(gateway))["access_token"]
        assert (await change_password(gateway, token, new=f"{NEW_PASSWORD}-một")).status_code == 204
        await _wait_for_directory()
        signed_in = await gateway.try_sign_in(OWN, f"{NEW_PASSWORD}-một")
        token = signed_in.json()["access_token"]
        answer = await change_password(gateway, token, f"{NEW_PASSWORD}-một", new=first)
    codes = [fault["code"] for fault in answer.json()["faults"]]
    assert codes in (["used_before"], ["too_short"])
    assert len(first) < 14 or codes == ["used_before"]


async def test_a_wrong_present_password_changes_nothing_and_is_on_record(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    for wrong in ("wrong", "x" * 1024):
        answer = await change_password(gateway, token, wrong)
        assert (answer.status_code, answer.json()["code"]) == (403, "current_password_wrong")
    assert "Mật khẩu hiện tại nhập không đúng" in answer.json()["detail"]
    rejected = await gateway.records("request.rejected")
    assert [record["problem_code"] for record in rejected] == ["current_password_wrong"] * 2
    assert (await gateway.try_sign_in(OWN)).status_code == 200


async def test_an_endless_password_is_refused_before_it_is_looked_at(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    assert (await change_password(gateway, token, "x" * 1025)).status_code == 422
    assert (await change_password(gateway, token, new="x" * 9000)).status_code in {413, 422}


async def test_five_wrong_present_passwords_lock_the_account_and_end_the_session(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    for _ in range(5):
        await change_password(gateway, token, "wrong")
    assert await soon(gateway, token) == "session_ended"
    (locked,) = await gateway.records("account.locked")
    assert locked["session_id"]
    assert (await gateway.try_sign_in(OWN)).json()["error"] == "invalid_grant"


async def test_of_two_changes_at_once_one_counts(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    answers = await asyncio.gather(
        *(change_password(gateway, token, new=f"{NEW_PASSWORD}-{number}") for number in range(2))
    )
    assert sorted(answer.status_code for answer in answers) in ([204, 401], [204, 403])
    (right,) = (number for number, answer in enumerate(answers) if answer.status_code == 204)
    await _wait_for_directory()
    assert (await gateway.try_sign_in(OWN, f"{NEW_PASSWORD}-{right}")).status_code == 200


async def test_a_change_that_finds_no_time_is_told_to_come_back_and_counts_as_no_failure(
    world: World,
) -> None:
    async with turnable_gateway(
        world, TurnableClock(), password_hash_workers=1, password_hash_queue=1
    ) as gateway:
        token = (await tokens_of(gateway))["access_token"]
        answers = await asyncio.gather(*(change_password(gateway, token, new="k") for _ in range(5)))
        assert {answer.status_code for answer in answers} <= {422, 503, 403}
        assert 503 in {answer.status_code for answer in answers}
        assert (await gateway.try_sign_in(OWN)).status_code == 200


# Expiry


@pytest.mark.parametrize(("days", "is_warned"), [(20, False), (13, True)])
async def test_an_officer_is_reminded_fourteen_days_ahead(
    gateway: Gateway, days: int, *, is_warned: bool
) -> None:
    await gateway.execute(
        "update officer set password_changed_at = now() - interval '3 months' + make_interval(days => $1)",
        days,
    )
    await _wait_for_directory()
    answer = (await profile(gateway, await gateway.sign_in())).json()
    assert abs(answer["password_days_left"] - days) <= 2
    assert answer["password_warning"] is is_warned
    assert answer["must_first"] is None


async def _refusals(gateway: Gateway, token: str) -> set[tuple[int, str]]:
    answers = [
        await gateway.look_up(token),
        await gateway.http.get("/v1/confidentiality-notice", headers=bearer(token)),
        await gateway.http.post(
            "/v1/me/confidentiality-notice", json={"version": "2026-1"}, headers=bearer(token)
        ),
        await gateway.http.post("/v1/audit/searches", json={}, headers=bearer(token)),
    ]
    return {
        (answer.status_code, answer.json()["code"])
        for answer in answers
        if answer.status_code not in {404, 405}
    }


async def test_after_expiry_one_may_change_the_password_and_nothing_else(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as gateway:
        await gateway.execute(
            "update officer set password_changed_at = now() - interval '3 months' + interval '5 days'"
        )
        await _wait_for_directory()
        assert (await gateway.look_up(await gateway.sign_in())).status_code == 200
        clock.ahead = timedelta(days=9)
        token = (await tokens_of(gateway))["access_token"]
        assert await _refusals(gateway, token) == {(403, "password_change_needed")}
        own = (await profile(gateway, token)).json()
        assert (own["must_first"], own["password_days_left"]) == ("password_change_needed", 0)
        assert (await gateway.http.get("/v1/me/sessions", headers=bearer(token))).status_code == 200
        refused = await gateway.records("token.refused")
        assert {record["problem_code"] for record in refused} == {"password_change_needed"}
        assert (await change_password(gateway, token)).status_code == 204
        await _wait_for_directory()
        again = await gateway.try_sign_in(OWN, NEW_PASSWORD)
        own = (await profile(gateway, again.json()["access_token"])).json()
    assert (own["must_first"], own["password_warning"]) == (None, False)


async def test_an_expired_password_grants_nothing_more_through_a_refresh(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as gateway:
        await gateway.execute("update officer set password_changed_at = null")
        await _wait_for_directory()
        tokens = await tokens_of(gateway)
        renewed = (await refresh(gateway, tokens["refresh_token"])).json()["access_token"]
        assert await _refusals(gateway, renewed) == {(403, "password_change_needed")}
        assert (await profile(gateway, renewed)).json()["password_days_left"] == 0


async def test_a_first_password_is_good_for_changing_it_until_its_end(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as gateway:
        await gateway.execute(
            "update officer set must_change_password = true, first_password_until = now() + interval '1 day'"
        )
        await _wait_for_directory()
        token = (await tokens_of(gateway))["access_token"]
        assert await _refusals(gateway, token) == {(403, "password_change_needed")}
        assert (await change_password(gateway, token)).status_code == 204
        await _wait_for_directory()
        again = await gateway.try_sign_in(OWN, NEW_PASSWORD)
        assert (await profile(gateway, again.json()["access_token"])).json()["must_first"] is None
        clock.ahead = timedelta(days=2)
        assert (await gateway.try_sign_in(OWN, NEW_PASSWORD)).status_code == 200
        late = await gateway.try_sign_in(invented.PROCESSING)
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")


async def test_a_hash_under_former_parameters_is_raised_at_sign_in_without_ending_sessions(
    gateway: Gateway,
) -> None:
    from argon2 import PasswordHasher  # noqa: PLC0415 - only here is another hasher wanted

    old = PasswordHasher(time_cost=1, memory_cost=8192).hash(gateway.world.province.passwords[OWN])
    await gateway.execute("update officer set password_hash = $1 where login_name = $2", old, OWN)
    await _wait_for_directory()
    tokens = await tokens_of(gateway)
    (row,) = await fetch(gateway, "select password_hash from officer where login_name = $1", OWN)
    assert row["password_hash"].split("$")[3] == hash_password("x").split("$")[3]
    await _wait_for_directory()
    assert (await profile(gateway, tokens["access_token"])).status_code == 200
    assert (await gateway.try_sign_in(OWN)).status_code == 200
