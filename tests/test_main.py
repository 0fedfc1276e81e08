"""Putting the gateway together: what is refused, what it consists of, and that it leaves nothing behind."""

import asyncio
import re
import threading
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from app.cli import invented
from app.errors import ConfigurationError
from app.main import create_app
from app.serving_settings import root_key
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import World

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
OFFERED = {
    ("POST", "/v1/auth/token"),
    ("POST", "/v1/auth/revoke"),
    ("POST", "/v1/me/password"),
    ("POST", "/v1/me/otp"),
    ("POST", "/v1/me/otp/confirmation"),
    ("GET", "/v1/me/sessions"),
    ("DELETE", "/v1/me/sessions/{session_id}"),
    ("DELETE", "/v1/me/second-factor-reset"),
    ("POST", "/v1/me/notices/{notice_id}/acknowledgement"),
    ("GET", "/v1/officers"),
    ("POST", "/v1/officers"),
    ("GET", "/v1/officers/export"),
    ("GET", "/v1/officers/import/template"),
    ("POST", "/v1/officers/import"),
    ("GET", "/v1/officers/{officer_id}"),
    ("POST", "/v1/officers/{officer_id}/suspension"),
    ("DELETE", "/v1/officers/{officer_id}/suspension"),
    ("PUT", "/v1/officers/{officer_id}/role"),
    ("GET", "/v1/officers/{officer_id}/sessions"),
    ("DELETE", "/v1/officers/{officer_id}/sessions"),
    ("DELETE", "/v1/officers/{officer_id}/second-factor-reset"),
    ("POST", "/v1/me/lookup-keys"),
    ("GET", "/v1/me/lookup-keys"),
    ("DELETE", "/v1/me/lookup-keys/{key_id}"),
    ("GET", "/v1/lookup-keys"),
    ("GET", "/v1/officers/{officer_id}/lookup-keys"),
    ("DELETE", "/v1/officers/{officer_id}/lookup-keys/{key_id}"),
    ("GET", "/v1/clients/{client_id}/compatible-credentials"),
    ("POST", "/v1/clients/{client_id}/compatible-credentials"),
    ("DELETE", "/v1/clients/{client_id}/compatible-credentials/{credential_id}"),
    ("POST", "/v1/auth/activate"),
    ("GET", "/v1/officers/{officer_id}/postings"),
    ("POST", "/v1/officers/{officer_id}/postings"),
    ("POST", "/v1/officers/{officer_id}/leave"),
    ("PUT", "/v1/officers/{officer_id}/term"),
    ("POST", "/v1/handovers"),
    ("GET", "/v1/handovers"),
    ("GET", "/v1/handovers/export"),
    ("GET", "/v1/handovers/{handover_id}/record"),
    ("POST", "/v1/handovers/{handover_id}/receipt"),
    ("GET", "/v1/units/{unit_id}/notices"),
    ("POST", "/v1/units/{unit_id}/notices/{notice_id}/acknowledgement"),
    ("POST", "/v1/units/{unit_id}/registrations"),
    ("GET", "/v1/reports/registration"),
    ("GET", "/v1/reports/registration/export"),
    ("GET", "/v1/reports/usage"),
    ("GET", "/v1/reports/usage/export"),
    ("GET", "/v1/me/lookups"),
    ("POST", "/v1/reviews"),
    ("GET", "/v1/reviews"),
    ("GET", "/v1/reviews/{review_id}"),
    ("GET", "/v1/reviews/{review_id}/export"),
    ("PUT", "/v1/reviews/{review_id}/answers/{officer_id}"),
    ("GET", "/v1/approvals"),
    ("POST", "/v1/approvals"),
    ("POST", "/v1/approvals/{approval_id}/decision"),
    ("GET", "/v1/units"),
    ("POST", "/v1/units"),
    ("GET", "/v1/units/export"),
    ("POST", "/v1/units/import"),
    ("GET", "/v1/units/{unit_id}"),
    ("POST", "/v1/units/{unit_id}/changes"),
    ("GET", "/v1/divisions/wards/{former_code}"),
    ("GET", "/v1/procedures"),
    ("POST", "/v1/procedures"),
    ("GET", "/v1/procedures/template"),
    ("GET", "/v1/procedures/export"),
    ("POST", "/v1/procedures/import"),
    ("GET", "/v1/procedures/{procedure_code}"),
    ("PUT", "/v1/procedures/{procedure_code}"),
    ("GET", "/v1/grants"),
    ("GET", "/v1/grants/template"),
    ("GET", "/v1/grants/export"),
    ("POST", "/v1/grants/import"),
    ("GET", "/v1/grants/{unit_id}/{procedure_code}"),
    ("POST", "/v1/grants/{unit_id}/{procedure_code}/changes"),
    ("GET", "/v1/clients"),
    ("GET", "/v1/clients/export"),
    ("POST", "/v1/clients"),
    ("GET", "/v1/clients/{client_id}"),
    ("PUT", "/v1/clients/{client_id}/limits"),
    ("POST", "/v1/clients/{client_id}/suspension"),
    ("DELETE", "/v1/clients/{client_id}/suspension"),
    ("POST", "/v1/clients/{client_id}/secrets"),
    ("POST", "/v1/clients/{client_id}/keys"),
    ("POST", "/v1/clients/{client_id}/certificates"),
    ("DELETE", "/v1/clients/{client_id}/credentials/{credential_id}"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/v1/me"),
    ("GET", "/v1/me/confidentiality-notice"),
    ("POST", "/v1/me/confidentiality-notice"),
    ("POST", "/v1/residence-lookups"),
    ("GET", "/v1/residence-lookups/{lookup_id}"),
    ("POST", "/v1/residence-lookups/{lookup_id}/dossier"),
    ("GET", "/v1/unlinked-lookups"),
    ("GET", "/v1/unlinked-lookups/export"),
    ("POST", "/v1/decisions/explain"),
    ("GET", "/v1/residence-lookups/{lookup_id}/refusal-receipt"),
    ("POST", "/v1/residence-lookups/{lookup_id}/follow-up"),
    ("GET", "/v1/receipts/{receipt_id}"),
    ("GET", "/v1/paper-asked"),
    ("GET", "/v1/paper-asked/export"),
    ("POST", "/v1/residence-verifications"),
    ("POST", "/v1/audit/searches"),
    ("POST", "/v1/audit/unmaskings"),
    ("GET", "/v1/audit/unmaskings"),
    ("POST", "/v1/audit/unmaskings/{unmasking_id}/decision"),
    ("POST", "/v1/audit/unmaskings/{unmasking_id}/reading"),
    ("POST", "/v1/audit/search-exports"),
    ("GET", "/v1/audit/checkpoint"),
    ("GET", "/v1/audit/tile/{level}/{position}"),
    ("GET", "/v1/audit/proofs/{record_id}"),
    ("GET", "/v1/audit/consistency"),
    ("POST", "/v1/transparency/subject-reports"),
    ("GET", "/v1/transparency/subject-reports"),
    ("POST", "/v1/transparency/subject-reports/{request_number}/report"),
    ("POST", "/v1/transparency/subject-reports/{request_number}/acknowledgement"),
    ("POST", "/v1/transparency/subject-reports/{request_number}/extension"),
    ("POST", "/v1/transparency/subject-reports/{request_number}/answer"),
    ("POST", "/v1/data-faults"),
    ("GET", "/v1/data-faults"),
    ("GET", "/v1/data-faults/export"),
    ("GET", "/v1/data-faults/{fault_id}"),
    ("PUT", "/v1/data-faults/{fault_id}/status"),
    ("GET", "/v1/status"),
    ("GET", "/metrics"),
    ("POST", "/v1/status/upstream-checks"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
}


@pytest.mark.parametrize(
    ("setting", "variable"),
    [
        ("authority_code", "DANCU_AUTHORITY_CODE"),
        ("database_url", "DANCU_DATABASE_URL"),
        ("root_key", "DANCU_ROOT_KEY"),
    ],
)
def test_a_missing_setting_is_named(world: World, setting: str, variable: str) -> None:
    nothing = "" if setting == "authority_code" else None
    with pytest.raises(ConfigurationError, match=variable):
        create_app(world.settings(**{setting: nothing}), an_upstream())


@pytest.mark.parametrize("setting", ["root_key", "audit_root_key"])
def test_a_key_that_is_none_is_named_and_not_shown(world: World, setting: str) -> None:
    with pytest.raises(ConfigurationError, match=f"DANCU_{setting.upper()}") as caught:
        create_app(world.settings(**{setting: SecretStr("geheim")}), an_upstream())
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_root_key_of_another_length_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="32 random bytes"):
        root_key("Z2VoZWlt", "DANCU_ROOT_KEY")


async def test_a_road_that_is_not_set_up_stops_the_start(world: World) -> None:
    with pytest.raises(ConfigurationError, match="DANCU_UPSTREAM_BASE_URL"):
        async with running_gateway(world, an_upstream(base_url="")):
            pass


async def test_a_start_that_fails_leaves_nothing_behind(world: World) -> None:
    before = _background()

    with pytest.raises(ConfigurationError):
        async with running_gateway(world, an_upstream(app_name="")):
            pass
    assert _background() == before
    assert await _connections(world) == 0


async def test_starting_and_stopping_leaves_nothing_behind(world: World) -> None:
    before = _background()
    async with running_gateway(world, an_upstream()) as gateway:
        await gateway.try_sign_in(invented.RECEPTION)  # wakes the threads that check passwords
        assert _background() != before
        assert await _connections(world) > 0
    assert _background() == before
    assert await _connections(world) == 0


async def test_two_gateways_in_one_process_do_not_disturb_each_other(world: World) -> None:
    async with running_gateway(world, an_upstream()) as one:
        async with running_gateway(world, an_upstream()):
            pass
        await _becomes_ready(one)


async def test_routes_are_the_contracts(gateway: Gateway) -> None:
    paths = gateway.app.openapi()["paths"]
    assert {(method.upper(), path) for path in paths for method in paths[path]} == OFFERED


async def test_no_route_is_offered_that_the_contract_does_not_show(gateway: Gateway) -> None:
    for path in ("/docs", "/redoc", "/v1", "/"):
        assert (await gateway.http.get(path)).status_code == 404


def test_the_page_for_client_software_names_the_same_routes() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("\n\n## ")[0]
    named = set(re.findall(r"`(?:(?:GET|POST|PUT|DELETE) )?(/[^`]*)`", table))
    assert named >= {path for _, path in OFFERED}


async def test_without_an_auditing_database_the_gateway_serves_and_audits_are_elsewhere(world: World) -> None:
    nobody: dict[str, Any] = {"audit_database_url": None, "audit_root_key": None}
    async with running_gateway(world, an_upstream(), **nobody) as gateway:
        await _becomes_ready(gateway)
        auditor = await gateway.sign_in(invented.AUDITOR, accept_notice=False)
        body = {"case_number": "TT-01", "officer_login": invented.RECEPTION}
        answer = await gateway.http.post("/v1/audit/searches", json=body, headers=bearer(auditor))
    assert answer.json()["code"] == "auditing_not_served"


async def test_a_gateway_answers_what_starlette_refuses_as_problems(gateway: Gateway) -> None:
    answers = [await gateway.http.get("/nowhere"), await gateway.http.get("/v1/auth/token")]
    assert [answer.json()["code"] for answer in answers] == ["route_unknown", "method_not_allowed"]


async def test_before_its_start_it_offers_nothing(world: World) -> None:
    app = create_app(world.settings(), an_upstream())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as http:
        assert (await http.post("/v1/residence-lookups", json={})).status_code == 404


async def _becomes_ready(gateway: Gateway) -> None:
    for _ in range(500):
        if (await gateway.http.get("/readyz")).is_success:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never becomes ready")


def _background() -> tuple[set[asyncio.Task[object]], set[str]]:
    """Return the tasks and the threads there are."""
    return asyncio.all_tasks(), {thread.name for thread in threading.enumerate()}


async def _connections(world: World) -> int:
    """Return how many connections the gateway's two roles hold to the world's database."""
    connection = await asyncpg.connect(world.database.owner_url)
    try:
        for _ in range(100):  # the server notices a closed socket a moment later
            count = await connection.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and usename in ('gateway', 'auditor')"
            )
            if not count:
                break
            await asyncio.sleep(0.01)
        return int(count)
    finally:
        await connection.close()
