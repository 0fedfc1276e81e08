"""The face in a running gateway: keys and credentials made, used, withdrawn; every step on record."""

import asyncio
import base64
import hashlib
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.lookup_key_list import KeyFilter, every_key
from app.cli import invented
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.logs import configure_logging
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.audit.workbench import execute
from tests.compat.face import FIND, JSON, LGSP, VDXP, lgsp_header, sample
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import World, a_dossier_code

HG = sample("requests/hg-soap-TraCuuThongTinCongDan-037.xml").replace(b"1.000001", b"1.004194.01")
COURT = sample("requests/court-soap-037-fulldate.xml")
_CREDENTIALS = f"/v1/clients/{invented.CLIENT_ID}/compatible-credentials"
_KEYS = "/v1/me/lookup-keys"


class Vendor:
    """Old software and its officer, each with what they were given."""

    def __init__(self, gateway: Gateway, administrator: str, officer: str) -> None:
        self.gateway = gateway
        self.administrator = bearer(administrator)
        self.officer = bearer(officer)
        self.credential: dict[str, Any] = {}
        self.key: dict[str, Any] = {}

    async def register(self, **body: Any) -> dict[str, Any]:
        answer = await self.gateway.http.post(_CREDENTIALS, json=body, headers=self.administrator)
        self.credential = dict(answer.raise_for_status().json())
        return self.credential

    async def make_key(self, **body: Any) -> dict[str, Any]:
        asked = {"client_id": invented.CLIENT_ID} | body
        answer = await self.gateway.http.post(_KEYS, json=asked, headers=self.officer)
        self.key = dict(answer.raise_for_status().json())
        return self.key

    async def over_lgsp(self, content: bytes = HG, **headers: str) -> httpx.Response:
        named = lgsp_header(self.credential["name"], self.credential["secret"])
        form = {"grant_type": "client_credentials"}
        token = await self.gateway.http.post(f"{LGSP}/token", data=form, headers=named)
        named["AuthHash"] = self.key["auth_hash"]
        if token.is_success:
            named["Authorization"] = f"Bearer {token.json()['access_token']}"
        return await self.gateway.http.post(f"{LGSP}/{FIND}", content=content, headers=named | headers)

    async def over_vdxp(self, content: bytes) -> httpx.Response:
        user, secret = self.credential["name"], self.credential["secret"]
        address, timestamp = f"{VDXP}/{FIND}", str(int(time.time()))
        digest = hashlib.sha256(f"{address}{user}{timestamp}{secret}".encode()).hexdigest()
        basic = base64.b64encode(f"{user}:{digest}".encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Timestamp": timestamp,
            "AuthHash": self.key["auth_hash"],
        }
        return await self.gateway.http.post(address, content=content, headers=headers)

    async def becomes(self, status: int) -> httpx.Response:
        """Ask until the answer has this status: what changes is known to every process within a second."""
        for _ in range(100):
            content = HG.replace(b"1682470000000", str(time.time_ns()).encode())
            answer = await self.over_lgsp(content, **{"X-Dossier-Code": a_dossier_code()})
            if answer.status_code == status:
                break
            await asyncio.sleep(0.05)
        assert answer.status_code == status, answer.text
        return answer


async def a_vendor(gateway: Gateway) -> Vendor:
    administrator = await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False)
    return Vendor(gateway, administrator, await gateway.sign_in())


def mock() -> httpx.ASGITransport:
    return httpx.ASGITransport(create_mock(MockConfig()))


async def test_old_software_looks_up_with_what_it_was_given_until_it_is_withdrawn(world: World) -> None:
    async with running_gateway(world, an_upstream(), transport=mock(), compatible_face=True) as gateway:
        vendor = await a_vendor(gateway)
        await vendor.register(profile="lgsp")
        key = await vendor.make_key()
        answer = await vendor.becomes(200)
        assert "TRẦN VĂN THỬ" in answer.text

        listed = await gateway.http.get(_KEYS, headers=vendor.officer)
        assert [one["key_name"] for one in listed.json()["lookup_keys"]] == [key["key_name"]]
        assert key["key_pass"] not in listed.text
        gone = await gateway.http.delete(f"{_KEYS}/{key['key_id']}", headers=vendor.officer)
        again = await gateway.http.delete(f"{_KEYS}/{key['key_id']}", headers=vendor.officer)
        assert (gone.status_code, again.status_code) == (204, 404)
        assert (await vendor.becomes(401)).headers["x-problem-code"] == "lookup_key_refused"

        intent, *_ = await gateway.records("lookup.intent")  # another may pass before it bites
        assert (intent["assurance"], intent["session_id"]) == ("lookup_key", key["key_id"])
        (made,) = await gateway.records("lookup_key.made")
        (withdrawn,) = await gateway.records("lookup_key.withdrawn")
        assert made["after"] == withdrawn["before"] == key["key_id"]
        leaves = str(await gateway.records())
        assert not any(secret in leaves for secret in (key["key_pass"], vendor.credential["secret"]))


async def test_a_vdxp_user_is_known_by_a_secret_that_rests_wrapped(world: World) -> None:
    async with running_gateway(world, an_upstream(), transport=mock(), compatible_face=True) as gateway:
        vendor = await a_vendor(gateway)
        await vendor.register(
            profile="vdxp",
            name="TOA_AN",
            procedure_without_code=invented.RESIDENCE_PROCEDURE,
            no_dossier_reason="guidance_before_receipt",
        )
        await vendor.make_key(valid_days=1)
        for _ in range(100):
            answer = await vendor.over_vdxp(COURT)
            if answer.is_success:
                break
            await asyncio.sleep(0.05)
        assert "TRẦN VĂN THỬ" in answer.text
        second = await vendor.over_vdxp(COURT)
        assert (second.status_code, second.headers["x-lookup-id"]) == (409, answer.headers["x-lookup-id"])
        day = await gateway.records("lookup.intent")
        assert [leaf["no_dossier_reason"] for leaf in day] == ["guidance_before_receipt"]


SAMPLES = {
    "hg-soap-TraCuuThongTinCongDan-037.xml": LGSP,
    "hg-soap-XacThucThongTinCongDan-12digit.xml": LGSP,
    "vpcp761-soap-033.xml": LGSP,
    "court-soap-037-fulldate.xml": VDXP,
    "court-soap-037-yearonly.xml": VDXP,
    "td-thanhhoa-json-037-officer.json": JSON,
    "dt-json-XacThucThongTinCongDan-12digit.json": JSON,
}


async def test_every_sample_is_answered_through_the_whole_gateway(world: World) -> None:
    async with running_gateway(world, an_upstream(), transport=mock(), compatible_face=True) as gateway:
        vendor = await a_vendor(gateway)
        policy = {"procedure_without_code": invented.RESIDENCE_PROCEDURE, "repeats_request_ids": True}
        await vendor.register(profile="lgsp", no_dossier_reason="guidance_before_receipt", **policy)
        await vendor.make_key()
        await vendor.becomes(200)
        headers = lgsp_header(vendor.credential["name"], vendor.credential["secret"])
        headers["AuthHash"] = vendor.key["auth_hash"]
        for name, prefix in SAMPLES.items():
            content = sample(f"requests/{name}").replace(b"1.000001", b"").replace(b"G18-YT04", b"")
            answer = await gateway.http.post(f"{prefix}/DanCu", content=content, headers=headers)
            assert (answer.status_code, answer.headers["x-outcome"]) == (200, "found"), name
        assert len(await gateway.records("lookup.intent")) > len(SAMPLES)


async def test_administrators_see_and_withdraw_keys_of_their_units_only(world: World) -> None:
    async with running_gateway(world, an_upstream()) as gateway:
        vendor = await a_vendor(gateway)
        await vendor.register(profile="lgsp")
        key = await vendor.make_key()
        centre = await gateway.sign_in(invented.CENTRE_RECEPTION)
        vendor.officer = bearer(centre)
        other = await vendor.make_key()
        (first, second) = await gateway.records("lookup_key.made")
        unit = bearer(await gateway.sign_in(invented.UNIT_ADMINISTRATOR, accept_notice=False))
        own, strange = (f"/v1/officers/{leaf['officer_id']}/lookup-keys" for leaf in (first, second))

        seen = await gateway.http.get(own, headers=unit)
        assert [one["key_id"] for one in seen.json()["lookup_keys"]] == [key["key_id"]]
        assert (await gateway.http.get(strange, headers=unit)).status_code == 403
        refused = await gateway.http.delete(f"{strange}/{other['key_id']}", headers=unit)
        ended = await gateway.http.delete(f"{own}/{key['key_id']}", headers=unit)
        assert (refused.status_code, ended.status_code) == (403, 204)
        (withdrawn,) = await gateway.records("lookup_key.withdrawn")
        assert withdrawn["changed_officer_id"] == first["officer_id"] != withdrawn["officer_id"]


async def ends_in(gateway: Gateway, name: str, days: int) -> None:
    """Let a key end in so many days; none ends before it was made."""
    await execute(
        gateway.world.database.owner_url,
        "update lookup_key set expires_at = greatest(created_at + interval '1 millisecond',"
        " now() + $2 * interval '1 day') where name = $1",
        name,
        days,
    )


async def test_administrators_list_the_keys_of_their_units_by_what_ends_first(world: World) -> None:
    async with running_gateway(world, an_upstream()) as gateway:
        vendor = await a_vendor(gateway)
        await vendor.register(profile="lgsp")
        own = [(await vendor.make_key())["key_name"] for _ in range(4)]
        vendor.officer = bearer(await gateway.sign_in(invented.CENTRE_RECEPTION))
        other = (await vendor.make_key())["key_name"]
        for name, days in zip((*own, other), (5, 20, 60, -1, 25), strict=True):
            await ends_in(gateway, name, days)
        unit = bearer(await gateway.sign_in(invented.UNIT_ADMINISTRATOR, accept_notice=False))

        async def listed(headers: dict[str, str], **query: str | int) -> list[str]:
            answer = await gateway.http.get("/v1/lookup-keys", params=query, headers=headers)
            return [one["key_name"] for one in answer.raise_for_status().json()["lookup_keys"]]

        assert await listed(unit) == [own[3], own[0], own[1], own[2]]
        assert await listed(vendor.administrator, standing="ends_soon") == [own[1], other]
        assert await listed(unit, standing="ends_soon") == [own[1]]
        assert await listed(unit, standing="ends_very_soon") == [own[0]]
        assert await listed(unit, standing="over") == [own[3]]
        assert await listed(unit, standing="valid") == [own[2]]

        pages, query = list[list[str]](), {"page_size": "2"}
        while query.get("cursor") is not None or not pages:
            answer = await gateway.http.get("/v1/lookup-keys", params=query, headers=vendor.administrator)
            pages.append([one["key_name"] for one in answer.raise_for_status().json()["lookup_keys"]])
            query["cursor"] = answer.json()["next_cursor"]
        assert pages == [[own[3], own[0]], [own[1], other], [own[2]]]
        first = answer.json()["lookup_keys"][0]
        assert (first["login_name"], first["standing"], first["standing_text"]) == (
            invented.RECEPTION,
            "valid",
            "Còn hiệu lực.",
        )
        assert not {"digest", "key_pass", "auth_hash", "officer_code"} & first.keys()
        for wrong in ({"cursor": "x"}, {"cursor": "MSAx"}, {"standing": "soon"}, {"page_size": "0"}):
            answer = await gateway.http.get("/v1/lookup-keys", params=wrong, headers=unit)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")


async def test_keys_that_open_nothing_whatever_their_date_are_not_listed(world: World) -> None:
    async with running_gateway(world, an_upstream()) as gateway:
        vendor = await a_vendor(gateway)
        await vendor.register(profile="lgsp")
        await vendor.make_key()

        engine = create_async_engine(sqlalchemy_address(world.database.owner_url))
        found = dict[str, int]()
        for change in (
            "update lookup_key set expires_at = expires_at",
            "update officer set password_changed_at = now() + interval '1 hour'",
            "update officer set status = 'suspended', status_reason = 'left'",
            "update client set status = 'suspended'",
            "update client set expires_at = now() - interval '1 second'",
            "update officer set active_from = current_date + 2",
            "update officer set active_until = current_date - 2",
            "update lookup_key set ended_at = now()",
            "update lookup_key k set unit_id = (select unit_id from unit where unit_id <> k.unit_id limit 1)",
        ):
            async with engine.connect() as connection:  # and what was changed is taken back
                await connection.execute(text(change))
                now = SystemClock().now()
                found[change] = len([one async for one in every_key(connection, KeyFilter(None), now)])
        await engine.dispose()
        assert list(found.values()) == [1] + [0] * 8, found


async def test_who_looks_nobody_up_makes_no_key_and_nobody_more_than_five(world: World) -> None:
    async with running_gateway(world, an_upstream()) as gateway:
        vendor = await a_vendor(gateway)
        asked = {"client_id": invented.CLIENT_ID}
        early = await gateway.http.post(_KEYS, json=asked, headers=vendor.officer)
        assert early.json()["code"] == "client_unknown"  # it has no credential to call with
        await vendor.register(profile="lgsp")
        refused = await gateway.http.post(_KEYS, json=asked, headers=vendor.administrator)
        assert refused.json()["code"] == "role_not_permitted"
        for _ in range(5):
            await vendor.make_key()
        sixth = await gateway.http.post(_KEYS, json=asked, headers=vendor.officer)
        assert sixth.json()["code"] == "too_many_lookup_keys"


async def test_credentials_are_listed_without_secrets_and_end(world: World) -> None:
    async with running_gateway(world, an_upstream()) as gateway:
        vendor = await a_vendor(gateway)
        made = await vendor.register(profile="lgsp", name="AK-MAU")
        call, headers = gateway.http, vendor.administrator
        taken = await call.post(_CREDENTIALS, json={"profile": "vdxp", "name": "AK-MAU"}, headers=headers)
        listed = await call.get(_CREDENTIALS, headers=headers)
        nobody = await call.get("/v1/clients/khong-co/compatible-credentials", headers=headers)
        path = f"{_CREDENTIALS}/{made['credential_id']}"
        ended = [(await call.delete(path, headers=headers)).status_code for _ in range(2)]
        assert (taken.json()["code"], nobody.json()["code"], ended) == (
            "client_taken",
            "client_unknown",
            [204, 404],
        )
        assert made["secret"] not in listed.text
        said = [leaf["change"] for leaf in await gateway.records("client.changed")]
        assert said == ["compatible credential added", "compatible credential ended"]


async def test_a_credential_that_ends_soon_is_told_wherever_what_ends_is(world: World) -> None:
    await execute(
        world.database.owner_url,
        "insert into compatible_credential (credential_id, client_id, profile, name, digest, created_at,"
        " expires_at) values (gen_random_uuid(), $1, 'lgsp', 'AK-CU', sha256('x'), now(),"
        " now() + interval '5 days')",
        invented.CLIENT_ID,
    )
    async with running_gateway(world, an_upstream()) as gateway:
        vendor = await a_vendor(gateway)
        await vendor.register(profile="lgsp")
        call, headers = gateway.http, vendor.administrator | {"Accept-Language": "en"}
        for _ in range(100):  # the look at what ends goes on beside the start
            status = (await call.get("/v1/status", headers=headers)).raise_for_status().json()
            if status["ending_soon"]:
                break
            await asyncio.sleep(0.05)
        clients = (await call.get("/v1/clients", headers=headers)).raise_for_status().json()
        (ending,) = clients["ending_soon"]
        assert status["ending_soon"] == [ending]
        assert (ending["client_id"], ending["what"]) == (invented.CLIENT_ID, "compatible")
        assert status["lookup_keys_ending"] == {"within_30_days": 0, "within_7_days": 0}
        (soon,) = (await call.get(f"{_CREDENTIALS}?standing=ends_very_soon", headers=headers)).json()[
            "credentials"
        ]
        assert (soon["name"], soon["credential_id"]) == ("AK-CU", ending["credential_id"])
        assert soon["standing_text"].startswith("Ends within 7 days")
        every = (await call.get(_CREDENTIALS, headers=headers)).json()["credentials"]
        assert [one["standing"] for one in every] == ["ends_very_soon", "valid"]
        wrong = await call.get(f"{_CREDENTIALS}?standing=soon", headers=headers)
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_value")


async def test_the_face_is_off_unless_it_is_switched_on(gateway: Gateway) -> None:
    answers = [await gateway.http.post(path) for path in (f"{LGSP}/token", "/getToken", f"{VDXP}/{FIND}")]
    assert [answer.json()["code"] for answer in answers] == ["route_unknown"] * 3


async def test_nothing_of_a_call_is_logged_but_its_route(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging()
    async with running_gateway(world, an_upstream(), transport=mock(), compatible_face=True) as gateway:
        vendor = await a_vendor(gateway)
        await vendor.register(profile="lgsp", no_dossier_reason="guidance_before_receipt")
        await vendor.make_key()
        await vendor.becomes(200)
        for content in (HG, HG[:-9], HG.replace(b"TRANVANTHU", b"TRANVANKHAC"), b"{}", COURT):
            await vendor.over_lgsp(content)
        await gateway.http.post("/compat/lgsp-json/099190000017/TRANVANTHU", content=HG)
        await gateway.http.post("/getToken", headers=lgsp_header("TRANVANTHU", "099190000017"))
        leaves = str(await gateway.records())
    written = capsys.readouterr().out + capsys.readouterr().err
    assert '"route":"/compat/' in written
    assert "log.withheld" not in written
    for planted in (
        "099190000017",
        "TRANVANTHU",
        "TRẦN VĂN THỬ",
        vendor.key["key_pass"],
        vendor.credential["secret"],
    ):
        assert planted not in written
        assert planted not in leaves
