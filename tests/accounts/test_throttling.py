"""The limit on all sign-ins, at the desk and over HTTP: what a try too many costs and leaves behind."""

from datetime import timedelta

import pytest

from app.accounts.throttling import SignInsThrottledError
from app.audit.record import RecordKind
from app.cli import invented
from app.errors import AuditUnavailableError
from tests.accounts.calls import refresh, tokens_of
from tests.accounts.desk import a_desk, an_officer, some_credentials
from tests.gateway import an_upstream, running_gateway
from tests.world import World


async def test_a_try_too_many_costs_neither_the_database_nor_a_hash() -> None:
    async with a_desk(an_officer(), per_second=0.001) as at:
        await at.fault(some_credentials(password="wrong"))
        at.asked.clear()
        checks = at.vault.checks
        with pytest.raises(SignInsThrottledError):
            await at.sign_in(some_credentials())
        assert (at.asked, at.vault.checks) == ([], checks)


async def test_tries_too_many_are_one_record_a_minute_that_names_no_officer() -> None:
    async with a_desk(an_officer(), per_second=0.001) as at:
        await at.fault(some_credentials(password="wrong"))
        for username in ("canbo.mau", "khong.co", "canbo.mau"):
            with pytest.raises(SignInsThrottledError):
                await at.sign_in(some_credentials(username))
        at.clock.ahead += timedelta(minutes=1)
        with pytest.raises(SignInsThrottledError):
            await at.sign_in(some_credentials())
        records = [draft for draft in at.log.drafts if draft.kind is RecordKind.SIGN_IN_THROTTLED]
    assert len(records) == 2
    assert records[0].facts["client_id"] == "mot-cua"
    assert not {"officer_id", "role", "unit_id"} & records[0].facts.keys()


async def test_a_try_too_many_is_not_answered_before_it_is_on_record() -> None:
    async with a_desk(an_officer(), per_second=0.001) as at:
        await at.fault(some_credentials(password="wrong"))
        at.log.fail = True
        with pytest.raises(AuditUnavailableError):
            await at.sign_in(some_credentials())


async def test_who_signed_in_rightly_makes_their_address_known() -> None:
    async with a_desk(an_officer(), per_second=10) as at:
        await at.fault(some_credentials(password="wrong"))
        assert not at.desk._throttle._known
        await at.sign_in(some_credentials())
        assert list(at.desk._throttle._known) == ["127.0.0.1"]


async def test_a_throttled_sign_in_says_when_to_come_back_and_a_refresh_is_not_throttled(
    world: World,
) -> None:
    async with running_gateway(world, an_upstream(), sign_ins_per_second=0.01) as gateway:
        tokens = await tokens_of(gateway)
        known = await gateway.try_sign_in(invented.RECEPTION, "wrong")
        unknown = await gateway.try_sign_in("khong.co")
        assert (known.status_code, known.json()["code"]) == (429, "sign_ins_throttled")
        assert int(known.headers["Retry-After"]) > 0
        assert {**known.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
        assert (await refresh(gateway, tokens["refresh_token"])).status_code == 200
        assert len(await gateway.records("sign_in.throttled")) == 1
