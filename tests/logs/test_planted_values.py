"""Nothing a person is known by is written anywhere: every route, every failure, then a search of it all."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from starlette.routing import BaseRoute

from app.cli import invented
from mock_c06.personas import CATALOGUE, PERSONAS
from tests.cluster import PostgresCluster
from tests.gateway import an_upstream, bearer, running_gateway
from tests.logs.account_drivers import ACCOUNT_DRIVERS, lose_the_database
from tests.logs.data_fault_drivers import DATA_FAULT_DRIVERS
from tests.logs.planting import (
    FAULTY_LOG,
    FAULTY_SOURCE,
    FOUND,
    LEAKS,
    PURPOSE,
    WRONG_PASSWORD,
    everyone,
    leaks,
)
from tests.logs.stage import LOOKUPS, Driver, Stage, a_stage
from tests.world import AUDIT_ROOT_KEY, PASSWORD, ROOT_KEY, TOKEN_KEY, World, a_lookup

NAME = PERSONAS[FOUND].full_name


def _get(path: str, **headers: str) -> Driver:
    return lambda stage, token: stage.gateway.http.get(path, headers=bearer(token) | headers)


async def _audit(stage: Stage, _: str, path: str = "/v1/audit/searches") -> None:
    token = await stage.sign_in(invented.AUDITOR)
    for body in (
        {"case_number": "1/TT", "citizen_id_number": FOUND},
        {"case_number": NAME, "officer_login": invented.RECEPTION},
        {"case_number": "1/TT", "citizen_id_number": f"{FOUND}0"},
        {"case_number": "1/TT", "citizen_id_number": FOUND, "cursor": FOUND},
        {"case_number": "1/TT", "dossier_code": FOUND, "client_id": FOUND, "unit_code": NAME},
        {"case_number": "1/TT", "officer_login": invented.AUDITOR, "outcome": "found"},
        {"case_number": "1/TT", "from_day": "2026-11-01", "unit_code": FOUND, "outcome": NAME},
        {"case_number": FOUND, "citizen_id_number": FOUND, "from_day": "0001-01-01"},
    ):
        await stage.gateway.http.post(path, json=body, headers=bearer(token))


async def _export(stage: Stage, token: str) -> None:
    """Export searches, one of them wholly: there must be a checkpoint for that."""
    path, a_checkpoint = "/v1/audit/search-exports", "(0, decode(repeat('00', 32), 'hex'), 'x', now())"
    await _audit(stage, token, path)
    await stage.execute(f"insert into audit_checkpoint values {a_checkpoint} on conflict do nothing")  # noqa: S608 - ours
    await _audit(stage, token, path)
    asked = {"case_number": "1/TT", "citizen_id_number": FOUND, "format": "csv"}
    headers = bearer(await stage.sign_in(invented.AUDITOR))
    assert (await stage.gateway.http.post(path, json=asked, headers=headers)).status_code == 200


DRIVERS: dict[tuple[str, str], Driver] = (
    ACCOUNT_DRIVERS
    | DATA_FAULT_DRIVERS
    | {
        ("GET", "/.well-known/jwks.json"): _get("/.well-known/jwks.json"),
        ("GET", "/.well-known/oauth-authorization-server"): _get("/.well-known/oauth-authorization-server"),
        ("GET", "/v1/me"): _get(f"/v1/me?ten={quote(NAME)}"),
        ("POST", LOOKUPS): lambda stage, token: stage.look_up(token, FOUND),
        ("GET", LOOKUPS + "/{lookup_id}"): _get(f"{LOOKUPS}/{FOUND}"),
        ("GET", "/v1/me/confidentiality-notice"): _get("/v1/me/confidentiality-notice"),
        ("POST", "/v1/me/confidentiality-notice"): lambda stage, token: stage.gateway.http.post(
            "/v1/me/confidentiality-notice", json={"version": NAME}, headers=bearer(token)
        ),
        ("POST", "/v1/audit/searches"): _audit,
        ("POST", "/v1/audit/search-exports"): _export,
        ("GET", "/livez"): _get("/livez", **{"X-Request-Id": FOUND}),
        ("GET", "/readyz"): _get("/readyz", **{"X-Request-Id": "TRANVANTHU"}),
        ("GET", "/openapi.json"): _get("/openapi.json"),
    }
)
"""How each route is called with personal data in whatever it takes; a new route needs a line here."""


def _routes(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _routes(included.routes)
        else:
            for method in (getattr(route, "methods", None) or {"?"}) - {"HEAD"}:
                yield method, getattr(route, "path", repr(route))


async def test_every_route_has_a_driver(world: World) -> None:
    async with running_gateway(world, an_upstream()) as gateway:
        assert set(_routes(gateway.app.routes)) == set(DRIVERS)


async def _meet_everybody(stage: Stage, token: str) -> None:
    """Ask about every person of the catalogue: found, not found, mismatched, broken in every way."""
    for start in range(0, len(CATALOGUE), 12):
        numbers = [persona.citizen_id for persona in CATALOGUE[start : start + 12]]
        await asyncio.gather(*(stage.look_up(token, number) for number in numbers))
    answers = [await stage.look_up(token, number) for number in (FAULTY_SOURCE, FAULTY_LOG)]
    assert [answer.status_code for answer in answers] == [500, 500]


async def _present_bad_tokens(stage: Stage, token: str) -> None:
    head, claims, signature = token.split(".")
    for bad in (token[:-4], f"{head}.{claims}.", f"{head}.{claims}", token + FOUND, NAME.encode(), "a.b.c"):
        header = bad if isinstance(bad, bytes) else bad.encode()
        for path in ("/v1/me", f"{LOOKUPS}/{FOUND}"):
            await stage.gateway.http.get(path, headers=[(b"Authorization", b"Bearer " + header)])
    await stage.gateway.http.get("/v1/me", params={"access_token": token, "so": FOUND, "ten": NAME})
    await stage.gateway.http.get("/v1/me", headers={"Authorization": f"Basic {signature}"})


async def _send_bad_requests(stage: Stage, token: str) -> None:
    whole = json.dumps(a_lookup(purpose=PURPOSE), ensure_ascii=False).encode()
    contents = [
        whole[:-9],
        whole + whole,
        whole.replace("ầ".encode(), b"\xff"),
        b"[" * 9999 + whole,
        whole * 200,
    ]
    contents += [json.dumps(a_lookup() | {NAME: FOUND}).encode(), json.dumps([NAME, FOUND]).encode()]
    contents += [
        json.dumps(a_lookup() | {name: NAME}).encode() for name in (*a_lookup(), "fields", "retry_of")
    ]
    contents += [
        json.dumps(a_lookup(citizen={name: f"{FOUND}<{NAME}>"})).encode() for name in a_lookup()["citizen"]
    ]
    kinds = ("application/json", NAME.encode())
    for content in contents:
        for kind in kinds:
            headers = [(b"Content-Type", kind if isinstance(kind, bytes) else kind.encode())]
            headers += [(name.encode(), value.encode()) for name, value in bearer(token).items()]
            await stage.gateway.http.post(LOOKUPS, content=content, headers=headers)
    key = {"Idempotency-Key": f"{FOUND}-TRANVANTHU", "X-Request-Id": "TRANVANTHU", "Cookie": f"ten={FOUND}"}
    for number in (FOUND, FOUND, FAULTY_SOURCE):
        await stage.look_up(token, number, **key)


async def _speak_no_http(stage: Stage, _: str) -> None:
    path = f"/{FOUND}/{quote(NAME)}?so={FOUND}"
    for content in (
        f"{FOUND} {NAME}\r\n\r\n".encode(),
        f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode(),
        f"TRANVANTHU {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        f"GET {path} HTTP/9.9\r\n\r\n".encode(),
        f"GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {FOUND}x\r\n\r\n".encode(),
        f"GET {path} HTTP/1.1\r\nHost: x\r\n{FOUND} {NAME}\r\n\r\n".encode(),
        f"GET /{'0' * 70_000}{FOUND} HTTP/1.1\r\n\r\n".encode(),
        (
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode(),
        f"POST {LOOKUPS} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{FOUND}".encode(),
    ):
        await stage.gateway.send_raw(content)


async def _trouble_the_national_side(stage: Stage, token: str) -> None:
    for trouble in ({"down": True}, {"error_rate": 1.0}, {"hang": True}, {"latency_ms": 900}):
        await stage.trouble(**trouble)
        assert (await stage.look_up(token, FOUND)).status_code in {502, 503}
    await stage.trouble()


async def _upset_the_database(stage: Stage) -> None:
    """Let PostgreSQL refuse rows and values that name people; its log must not quote them."""
    officer = "insert into officer (officer_id, login_name, full_name, role, status) values"
    await stage.execute(
        f"{officer} (gen_random_uuid(), '{NAME}', '{NAME}', 'reception', 'active')",
        f"{officer} (gen_random_uuid(), '{invented.RECEPTION}', '{NAME}', 'reception', 'active')",
        f"select '{NAME}'::integer",
        f"select '{FOUND}x'::bigint",
        f'select "{NAME}"',
        f"do $$ begin raise warning '{FOUND} {NAME}'; end $$",
        f"syntax error {FOUND}",
        ignoring=(asyncpg.PostgresError,),
    )


async def _lose_the_database(stage: Stage, token: str, cluster: PostgresCluster) -> None:
    own_token, refresh = await stage.sign_in_for_both(invented.CENTRE_RECEPTION)
    await cluster._close_to_connections(stage.world.database.name)
    answers = [
        await stage.look_up(token, FOUND),
        await stage.try_sign_in(invented.RECEPTION, WRONG_PASSWORD),
    ]
    assert {answer.status_code for answer in answers} == {503}
    await lose_the_database(stage, own_token, refresh)
    await stage.gateway.http.post(LOOKUPS, content=NAME.encode(), headers=bearer(token))
    await _get(f"{LOOKUPS}/01981c5e-0000-7000-8000-000000000000")(stage, token)
    await stage.gateway.http.get("/readyz")


def _planted(stage: Stage) -> set[str]:
    officers = {"Nguyễn Thị Tiếp Nhận", "Đặng Văn Kiểm Tra", invented.RECEPTION, invented.AUDITOR}
    keys = {ROOT_KEY, AUDIT_ROOT_KEY, *TOKEN_KEY.splitlines()[1:-1], PASSWORD, "SK-TEST", "keypass-test"}
    return {*everyone(), PURPOSE, WRONG_PASSWORD, *stage.secrets, *officers, *keys}


@pytest.mark.timeout(240)
async def test_nothing_a_person_is_known_by_is_ever_written(
    world: World, postgres_cluster: PostgresCluster, tmp_path: Path
) -> None:
    database_log = postgres_cluster.server.log_path
    begin = database_log.stat().st_size
    async with a_stage(tmp_path, world) as stage:
        token = await stage.sign_in()
        for driver in DRIVERS.values():
            await driver(stage, token)
        for drive in (_meet_everybody, _present_bad_tokens, _send_bad_requests, _speak_no_http):
            await drive(stage, token)
        await _trouble_the_national_side(stage, token)
        await _upset_the_database(stage)
        await _lose_the_database(stage, token, postgres_cluster)
    planted = _planted(stage)
    gateway = stage.gateway.written
    assert leaks(gateway, planted) == set()
    assert [line for line in gateway.splitlines() if "log.withheld" in line or "Traceback" in line] == []
    _assert_it_lived_through_all(gateway)
    written = database_log.read_bytes()[begin:].decode()
    assert leaks(written, planted) == set()
    assert leaks(stage.national.written + stage.access_log.read_text(encoding="utf-8"), planted) == set()


def _assert_it_lived_through_all(written: str) -> None:
    """The search would prove nothing if nothing had happened, or if lines were not ours."""
    lines = [json.loads(line) for line in written.splitlines()]
    events = {line["event"] for line in lines}
    assert events >= {
        "request.served",
        "request.failed",
        "source.failed",
        "library.message",
        "gateway.stopped",
    }
    failed = {line.get("error") for line in lines if line["event"] == "request.failed"}
    assert failed >= {"RuntimeError", "UnhappyError"}
    library = [line for line in lines if line["event"] == "library.message"]
    assert {line["module"] for line in library} >= {"asyncio", "somelibrary", "uvicorn.error"}
    assert {line.get("error") for line in library} >= {"UnhappyError", "UserWarning"}
    reasons = {line["reason"] for line in lines if line["event"] == "source.failed"}
    assert reasons >= {"timeout", "connection_lost", "soap_fault", "not_xml", "http_503", "fault_004"}


async def test_the_search_finds_every_way_of_writing_somebody_down(world: World, tmp_path: Path) -> None:
    async with a_stage(tmp_path, world, LEAKY="1") as stage:
        token = await stage.sign_in()
        before = stage.gateway.written
        assert "log.withheld" not in before
        assert leaks(before, everyone()) == set()
        found = dict.fromkeys(LEAKS.values(), False)
        for number, way in LEAKS.items():
            so_far = len(stage.gateway.written)
            assert (await stage.look_up(token, number)).json()["outcome"] == "found"
            await asyncio.sleep(0.1)
            new = stage.gateway.written[so_far:]
            found[way] = "log.withheld" in new or PERSONAS[number].full_name in leaks(new, everyone())
    assert found == dict.fromkeys(LEAKS.values(), True)


@pytest.mark.parametrize(
    "written",
    [
        NAME,
        NAME.lower(),
        "Trần Văn Thử",
        "TRANVANTHU",
        "tran van thu",
        quote(NAME),
        json.dumps(NAME),
        f"so={FOUND}",
    ],
)
def test_the_search_reads_every_spelling(written: str) -> None:
    assert leaks(f"x{written}y", everyone())
