"""What takes two administrators: who may ask, who may decide, and that it happens once."""

import asyncio
from datetime import timedelta

import pytest

from app.cli import invented
from tests.accounts.administering import (
    WHY,
    Administrator,
    an_administrator,
    id_of,
    into_the_commune,
    lock,
    value_of,
)
from tests.accounts.calls import fetch, profile, soon, tokens_of, turnable_gateway
from tests.accounts.client_software import reloaded
from tests.gateway import Gateway
from tests.world import TurnableClock, World


async def _two(gateway: Gateway) -> tuple[Administrator, Administrator]:
    return await an_administrator(gateway), await an_administrator(gateway, invented.SECOND_ADMINISTRATOR)


def _refused(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]  # type: ignore[attr-defined] # an httpx.Response


async def test_two_administrators_unlock_and_both_are_on_record(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    await lock(gateway, invented.RECEPTION)
    assert (await gateway.try_sign_in(invented.RECEPTION)).status_code == 400
    officer_id = await id_of(gateway, invented.RECEPTION)
    approval = await first.asked("unlock", officer_id)
    assert (await gateway.try_sign_in(invented.RECEPTION)).status_code == 400
    assert (await second.decide(approval)).status_code == 204
    token = str((await gateway.try_sign_in(invented.RECEPTION)).raise_for_status().json()["access_token"])
    (record,) = await gateway.records("account.unlocked")
    assert record["changed_officer_id"] == officer_id
    assert record["requested_by"] == await id_of(gateway, invented.ADMINISTRATOR)
    assert record["officer_id"] == await id_of(gateway, invented.SECOND_ADMINISTRATOR)
    assert (record["approval_id"], record["reason"]) == (approval, WHY)
    (notice,) = (await profile(gateway, token)).json()["notices"]
    assert notice["code"] == "account_unlocked"


async def test_a_unit_administrator_may_be_one_of_the_two_for_their_own_units(gateway: Gateway) -> None:
    unit, department = (
        await an_administrator(gateway, invented.UNIT_ADMINISTRATOR),
        await an_administrator(gateway),
    )
    await lock(gateway, invented.RECEPTION)
    approval = await unit.asked("unlock", await id_of(gateway, invented.RECEPTION))
    assert (await department.decide(approval)).status_code == 204
    await lock(gateway, invented.PROCESSING)
    approval = await department.asked("unlock", await id_of(gateway, invented.PROCESSING))
    assert (await unit.decide(approval)).status_code == 204


async def test_an_unlocked_account_begins_again_with_five_tries(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    await lock(gateway, invented.RECEPTION)
    await second.decide(await first.asked("unlock", await id_of(gateway, invented.RECEPTION)))
    for _ in range(4):
        await gateway.try_sign_in(invented.RECEPTION, "sai")
    assert (await gateway.try_sign_in(invented.RECEPTION)).status_code == 200


async def test_what_is_asked_for_is_shown_to_those_it_concerns(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    unit = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    officer_id = await id_of(gateway, invented.AUDITOR)
    approval = await first.asked("reset_second_factor", officer_id)
    (own,), (to_decide,) = await first.open(), await second.open()
    assert (own["may_decide"], to_decide["may_decide"]) == (False, True)
    assert own | {"may_decide": True} == to_decide
    assert {name: own[name] for name in ("approval_id", "action", "officer_id", "login_name", "reason")} == {
        "approval_id": approval,
        "action": "reset_second_factor",
        "officer_id": officer_id,
        "login_name": invented.AUDITOR,
        "reason": WHY,
    }
    assert (own["requested_by"], own["operator"], own["role"]) == (invented.ADMINISTRATOR, None, None)
    assert await unit.open() == []


async def test_nobody_hides_what_others_ask_for_behind_requests_of_their_own(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    auditor = await id_of(gateway, invented.AUDITOR)
    early = await first.asked("reset_second_factor", await id_of(gateway, invented.UNIT_ADMINISTRATOR))
    await second.asked("reset_second_factor", auditor)
    await gateway.execute(
        "insert into approval"
        " (approval_id, action, officer_id, reason, requested_by, requested_at, expires_at)"
        " select gen_random_uuid(), action, officer_id, reason, requested_by, requested_at, expires_at"
        " from approval, generate_series(1, 60) where officer_id = $1",
        auditor,
    )
    shown = await second.open()
    assert (shown[0]["approval_id"], len(shown)) == (early, 51)


async def test_who_asked_does_not_decide(gateway: Gateway) -> None:
    first, _ = await _two(gateway)
    approval = await first.asked("reset_second_factor", await id_of(gateway, invented.AUDITOR))
    for approve in (True, False):
        assert _refused(await first.decide(approval, approve=approve)) == (403, "second_person_needed")
    (refused,) = await gateway.records("request.rejected")
    assert (refused["problem_code"], refused["approval_id"]) == ("second_person_needed", approval)


async def test_a_person_with_two_accounts_is_one_person(gateway: Gateway) -> None:
    """The constraint keeps two such accounts apart; a switch of persons between must not help either."""
    unit = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    department = await an_administrator(gateway)
    await lock(gateway, invented.RECEPTION)
    approval = await unit.asked("unlock", await id_of(gateway, invented.RECEPTION))
    await gateway.execute("drop index uq_officer_person_privileged")
    await gateway.execute(
        "update officer set person_code = 'NV-MAU-05' where login_name = $1", invented.UNIT_ADMINISTRATOR
    )
    await reloaded(gateway)
    answer = await department.decide(approval, approve=False)
    assert _refused(answer) == (403, "second_person_needed")


async def test_nobody_decides_about_themselves(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    own = await id_of(gateway, invented.SECOND_ADMINISTRATOR)
    assert _refused(await second.ask("reset_second_factor", own)) == (403, "own_account")
    approval = await first.asked("reset_second_factor", own)
    assert _refused(await second.decide(approval)) == (403, "own_account")
    assert await second.open() == []


async def test_nobody_decides_about_another_account_of_theirs(gateway: Gateway) -> None:
    await gateway.execute(
        "update officer set person_code = 'NV-MAU-07' where login_name = $1", invented.RECEPTION
    )
    unit, department = (
        await an_administrator(gateway, invented.UNIT_ADMINISTRATOR),
        await an_administrator(gateway),
    )
    await lock(gateway, invented.RECEPTION)
    officer_id = await id_of(gateway, invented.RECEPTION)
    assert _refused(await unit.ask("unlock", officer_id)) == (403, "own_account")
    approval = await department.asked("unlock", officer_id)
    assert _refused(await unit.decide(approval)) == (403, "own_account")


async def test_privileged_accounts_are_for_department_administrators(gateway: Gateway) -> None:
    await into_the_commune(gateway, invented.AUDITOR)
    unit, department = (
        await an_administrator(gateway, invented.UNIT_ADMINISTRATOR),
        await an_administrator(gateway),
    )
    auditor = await id_of(gateway, invented.AUDITOR)
    assert _refused(await unit.ask("reset_second_factor", auditor)) == (403, "role_out_of_reach")
    approval = await department.asked("reset_second_factor", auditor)
    assert _refused(await unit.decide(approval)) == (403, "role_out_of_reach")


async def test_of_two_who_decide_at_once_one_is_too_late(world: World, gateway: Gateway) -> None:
    first, second = await _two(gateway)
    unit = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    await lock(gateway, invented.RECEPTION)
    approval = await first.asked("unlock", await id_of(gateway, invented.RECEPTION))
    answers = await asyncio.gather(second.decide(approval), unit.decide(approval), second.decide(approval))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"approval_closed"}
    assert len(await gateway.records("account.unlocked")) == 1


async def test_what_is_refused_does_not_happen_and_is_over(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    await lock(gateway, invented.RECEPTION)
    approval = await first.asked("unlock", await id_of(gateway, invented.RECEPTION))
    assert (await second.decide(approval, approve=False)).status_code == 204
    assert _refused(await second.decide(approval)) == (409, "approval_closed")
    assert (await gateway.try_sign_in(invented.RECEPTION)).status_code == 400
    (record,) = await gateway.records("approval.refused")
    assert (record["approval_id"], record["change"]) == (approval, "unlock")
    assert await second.open() == []


@pytest.mark.parametrize(
    ("hours", "is_open"), [(timedelta(hours=24) - timedelta(minutes=1), True), (timedelta(hours=24), False)]
)
async def test_a_request_is_good_for_a_day(world: World, hours: timedelta, *, is_open: bool) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as gateway:
        first = await an_administrator(gateway)
        approval = await first.asked("reset_second_factor", await id_of(gateway, invented.AUDITOR))
        clock.ahead = hours
        second = await an_administrator(gateway, invented.SECOND_ADMINISTRATOR)
        assert [one["approval_id"] for one in await second.open()] == ([approval] if is_open else [])
        answer = await second.decide(approval)
        assert answer.status_code == (204 if is_open else 409)


async def test_a_requester_who_lost_the_right_meanwhile_is_not_one_of_two(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    approval = await first.asked("reset_second_factor", await id_of(gateway, invented.AUDITOR))
    await gateway.execute(
        "update officer set status = 'suspended' where login_name = $1", invented.ADMINISTRATOR
    )
    assert await soon(gateway, first.token, "officer_suspended") == "officer_suspended"
    assert _refused(await second.decide(approval)) == (409, "approval_outdated")
    assert (await second.decide(approval, approve=False)).status_code == 204


async def test_a_requester_who_became_something_else_is_not_one_of_two(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    approval = await first.asked("reset_second_factor", await id_of(gateway, invented.AUDITOR))
    await gateway.execute(
        "update officer set role = 'unit_administrator' where login_name = $1", invented.ADMINISTRATOR
    )
    assert await soon(gateway, first.token) == "session_ended"
    assert _refused(await second.decide(approval)) == (409, "approval_outdated")


@pytest.mark.parametrize("role", ["auditor", "department_administrator"])
async def test_two_appoint_whom_one_may_not(gateway: Gateway, role: str) -> None:
    first, second = await _two(gateway)
    token = (await tokens_of(gateway))["access_token"]
    approval = await first.asked("appoint", await id_of(gateway, invented.RECEPTION), role=role)
    assert (await second.open())[0]["role"] == role
    assert (await second.decide(approval)).status_code == 204
    assert await soon(gateway, token) == "session_ended"
    assert await value_of(gateway, invented.RECEPTION, "role") == role
    (record,) = await gateway.records("officer.changed")
    assert (record["change"], record["before"], record["after"]) == ("role", "reception", role)
    assert record["requested_by"] == await id_of(gateway, invented.ADMINISTRATOR)


async def test_whom_two_appointed_two_relieve(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    approval = await first.asked("appoint", await id_of(gateway, invented.AUDITOR), role="processing")
    assert (await second.decide(approval)).status_code == 204
    assert await value_of(gateway, invented.AUDITOR, "role") == "processing"


async def test_a_department_administrator_or_auditor_holds_no_other_account(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    await gateway.execute(
        "update officer set person_code = 'NV-MAU-07' where login_name = $1", invented.RECEPTION
    )
    approval = await first.asked("appoint", await id_of(gateway, invented.RECEPTION), role="auditor")
    assert _refused(await second.decide(approval)) == (409, "person_has_another_account")
    assert await value_of(gateway, invented.RECEPTION, "role") == "reception"
    assert [one["approval_id"] for one in await second.open()] == [approval]


async def test_an_appointment_names_the_person(gateway: Gateway) -> None:
    first, second = await _two(gateway)
    await gateway.execute("update officer set person_code = null where login_name = $1", invented.RECEPTION)
    officer_id = await id_of(gateway, invented.RECEPTION)
    assert _refused(await first.ask("appoint", officer_id, role="auditor")) == (422, "person_code_needed")
    number = await first.ask("appoint", officer_id, role="auditor", person_code="099190000017")
    assert _refused(number) == (422, "invalid_value")
    assert "099190000017" not in number.text
    own = await first.ask("appoint", officer_id, role="auditor", person_code="nv-mau-05")
    assert _refused(own) in {(403, "own_account"), (422, "invalid_value")}
    approval = await first.asked("appoint", officer_id, role="auditor", person_code="NV-MAU-90")
    assert (await second.decide(approval)).status_code == 204
    assert await value_of(gateway, invented.RECEPTION, "person_code") == "NV-MAU-90"


async def test_what_is_so_already_is_not_asked_for(gateway: Gateway) -> None:
    first, _ = await _two(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    answers = [
        await first.ask("unlock", officer_id),
        await first.ask("reset_second_factor", officer_id),
        await first.ask("appoint", officer_id, role="reception"),
    ]
    assert {_refused(answer) for answer in answers} == {(409, "nothing_to_change")}


@pytest.mark.parametrize(
    "body",
    [
        {"action": "suspend"},
        {"action": "view"},
        {"action": "appoint"},
        {"action": "unlock", "role": "reception"},
        {"action": "unlock", "reason": "099190000017"},
        {"action": "unlock", "reason": ""},
        {"action": None},
    ],
)
async def test_what_is_no_request_for_two_is_refused(gateway: Gateway, body: dict[str, object]) -> None:
    first, _ = await _two(gateway)
    more = {name: value for name, value in body.items() if name != "action"}
    answer = await first.ask(body["action"], await id_of(gateway, invented.RECEPTION), **more)  # type: ignore[arg-type] # wrong on purpose
    assert _refused(answer) == (422, "invalid_value")


@pytest.mark.parametrize("unknown", ["01981c5e-0000-7000-8000-000000000000", "khong-co"])
async def test_what_nobody_asked_for_is_not_decided(gateway: Gateway, unknown: str) -> None:
    first, _ = await _two(gateway)
    assert _refused(await first.decide(unknown)) == (404, "approval_unknown")
    assert _refused(await first.ask("unlock", unknown)) == (404, "officer_unknown")


@pytest.mark.parametrize("login_name", [invented.RECEPTION, invented.AUDITOR])
async def test_who_is_no_administrator_neither_asks_nor_decides(gateway: Gateway, login_name: str) -> None:
    other = await an_administrator(gateway, login_name)
    officer_id = await id_of(gateway, invented.PROCESSING)
    assert _refused(await other.ask("unlock", officer_id)) == (403, "role_not_permitted")
    assert _refused(await other.decide(officer_id)) == (403, "role_not_permitted")


async def test_the_database_itself_knows_that_two_are_needed(gateway: Gateway) -> None:
    first, _ = await _two(gateway)
    await first.asked("reset_second_factor", await id_of(gateway, invented.AUDITOR))
    for column in ("requested_by", "officer_id"):
        with pytest.raises(Exception, match="ck_approval_persons"):
            await gateway.execute(
                f"update approval set state = 'approved', decided_by = {column}, decided_at = now()"  # noqa: S608 - written here
            )
    assert [row["state"] for row in await fetch(gateway, "select state from approval")] == ["open"]
