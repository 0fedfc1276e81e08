"""Nobody is answered without a living token, the partner's header and an officer's credential."""

import base64

import httpx
import pytest

from mock_c06.config import LgspCredentials
from mock_c06.tokens import compose_partner_header
from tests.mock_c06.national_side import LOOKUP_PATH, PARTNER, NationalSide, a_question, start

GRANT = {"grant_type": "client_credentials"}


async def ask_with(side: NationalSide, **headers: str) -> httpx.Response:
    changed = await side.headers(**headers)
    present = {name: value for name, value in changed.items() if value}
    return await side.http.post(LOOKUP_PATH, content=a_question(), headers=present)


def test_the_partner_header_is_the_one_of_the_sample() -> None:
    assert base64.b64decode(PARTNER).decode() == (
        '{"AccessKey":"AK-TEST","SecretKey":"SK-TEST","AppName":"mcdt-test",'
        '"PartnerCode":"000.00.00.H00","PartnerCodeCus":"000.00.00.H00"}'
    )


@pytest.mark.parametrize("path", ["/token", "/getToken"])
async def test_the_partner_gets_a_token(national_side: NationalSide, path: str) -> None:
    answer = await national_side.http.post(path, data=GRANT, headers={"lgspaccesstoken": PARTNER})
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert answer.json()["expires_in"] == 3600


async def test_another_partner_gets_no_token(national_side: NationalSide) -> None:
    stranger = compose_partner_header(LgspCredentials(secret_key="SK-OTHER"))
    answer = await national_side.http.post("/token", data=GRANT, headers={"lgspaccesstoken": stranger})
    assert answer.status_code == 401
    assert (await national_side.stats())["tokens_issued"] == 0


async def test_only_the_client_credentials_grant_is_served(national_side: NationalSide) -> None:
    form = {"grant_type": "password"}
    answer = await national_side.http.post("/token", data=form, headers={"lgspaccesstoken": PARTNER})
    assert answer.status_code == 400


async def test_the_configured_partner_is_the_one_admitted() -> None:
    credentials = LgspCredentials(access_key="AK-2", app_name="khác")
    async with (side := start(credentials=credentials)).http:
        header = {"lgspaccesstoken": compose_partner_header(credentials)}
        assert (await side.http.post("/token", data=GRANT, headers=header)).status_code == 200
        assert (
            await side.http.post("/token", data=GRANT, headers={"lgspaccesstoken": PARTNER})
        ).status_code == 401


async def test_a_token_expires() -> None:
    async with (side := start(token_seconds=60)).http:
        headers = await side.headers()
        side.clock.now += 59
        alive = await side.http.post(LOOKUP_PATH, content=a_question(), headers=headers)
        side.clock.now += 1
        dead = await side.http.post(LOOKUP_PATH, content=a_question(), headers=headers)
        assert (alive.status_code, dead.status_code) == (200, 401)
        assert dead.json()["error"] == "invalid_token"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer 11111111-2222-3333-4444-555555555555"},
        {"Authorization": "Basic YTpi"},
        {"lgspaccesstoken": ""},
        {"lgspaccesstoken": "e30="},
        {"AuthHash": ""},
        {"AuthHash": "not base64"},
        {"AuthHash": base64.b64encode(b"no colon").decode()},
        {"AuthHash": base64.b64encode(b"\xff:").decode()},
    ],
)
async def test_a_call_without_all_three_credentials_is_refused(
    national_side: NationalSide, headers: dict[str, str]
) -> None:
    answer = await ask_with(national_side, **headers)
    assert answer.status_code == 401
    assert (await national_side.stats())["lookups"] == 0


async def test_an_empty_pair_is_a_well_formed_officer_credential(national_side: NationalSide) -> None:
    assert (await ask_with(national_side, AuthHash=base64.b64encode(b":").decode())).status_code == 200


@pytest.mark.parametrize(("pair", "status"), [(b"cb1:mat-khau", 200), (b"cb1:other", 500), (b"cb2:x", 500)])
async def test_with_a_table_of_officers_only_they_may_ask(pair: bytes, status: int) -> None:
    async with (side := start(officer_keys={"cb1": "mat-khau"})).http:
        answer = await ask_with(side, AuthHash=base64.b64encode(pair).decode())
        assert answer.status_code == status
        assert status == 200 or "<faultstring>005" in answer.text


@pytest.mark.parametrize(("is_strict", "status"), [(True, 500), (False, 200)])
async def test_text_xml_is_for_the_lenient(*, is_strict: bool, status: int) -> None:
    async with (side := start(is_strict=is_strict)).http:
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        assert (await ask_with(side, **headers)).status_code == status
