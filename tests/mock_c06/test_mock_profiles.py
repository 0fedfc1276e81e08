"""The JSON and VDXP profiles admit whom they should, and in strict mode take what the real ones take."""

import json
from typing import Any

import pytest

from mock_c06.__main__ import config_from, read_options
from mock_c06.config import MockConfig, VdxpCredentials
from tests.mock_c06.national_side import NationalSide, a_question, sample, start
from tests.mock_c06.partners import (
    JSON,
    VDXP,
    a_json_question,
    ask_in_json,
    ask_over_vdxp,
    json_token,
    signed,
)

COURT = "requests/court-soap-037-fulldate.xml"
THANH_HOA = f"{JSON}/apiCSDLDanCu/ChiaSeThongTinCongDan"


def thanh_hoa(**changes: Any) -> bytes:
    asked = json.loads(sample("requests/td-thanhhoa-json-037-officer.json")) | changes
    return json.dumps(asked).encode()


@pytest.mark.parametrize("profile", ["lgsp-soap", "lgsp-json", "vdxp-soap"])
async def test_all_profiles_are_served_whichever_is_at_the_root(profile: str) -> None:
    async with (side := start(profile=profile)).http:
        prefix = "" if profile == "lgsp-soap" else "/lgsp-soap"
        soap = await side.http.post(f"{prefix}/token")
        vdxp = await ask_over_vdxp(side, sample(COURT))
        verified = await ask_in_json(side, a_json_question())
    assert (soap.status_code, vdxp.status_code, verified.json()) == (400, 200, {"data": True})


# --- JSON


async def test_a_json_token_says_when_it_ends(national_side: NationalSide) -> None:
    granted = (await json_token(national_side)).json()
    assert granted.keys() == {"token", "refreshToken", "expiryDate"}
    assert granted["expiryDate"] == "2023-11-14T23:13:20+00:00"


async def test_a_stranger_gets_no_json_token(national_side: NationalSide) -> None:
    assert (await json_token(national_side, auth="OTHER")).status_code == 401


async def test_a_json_token_is_got_with_an_empty_body(national_side: NationalSide) -> None:
    path = f"{JSON}/api/v1/Authentication/Token"
    answer = await national_side.http.post(path, content=b"x", headers={"Auth": "AUTH-TEST"})
    assert answer.status_code == 400


async def test_a_json_token_ends() -> None:
    async with (side := start(token_seconds=60)).http:
        token = (await json_token(side)).json()["token"]
        side.clock.now += 60
        answer = await ask_in_json(side, a_json_question(), Authorization=f"Bearer {token}")
        assert answer.status_code == 401


async def test_a_token_of_the_soap_profile_is_none_here(national_side: NationalSide) -> None:
    bearer = f"Bearer {await national_side.token()}"
    answer = await ask_in_json(national_side, a_json_question(), Authorization=bearer)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b" " * 70_000,
        a_json_question(type="x"),
        {name: text for name, text in a_json_question().items() if name != "soCMND"},
        a_json_question(maYeuCau=1624260000002),
        a_json_question(maCanBo=""),
        a_json_question(ngayThangNam="19900509"),
        a_json_question(ngayThangNam="09/05/1990"),
        a_json_question(ngayThangNam=""),
        a_json_question(soDinhDanh=""),
        a_json_question(soDinhDanh="990000017"),
        a_json_question(soCMND="099190000017"),
    ],
)
async def test_a_strict_json_profile_refuses_what_is_no_question(
    national_side: NationalSide, body: bytes | dict[str, Any]
) -> None:
    answer = await ask_in_json(national_side, body)
    assert answer.status_code == 400
    assert "soapenv:Client" in answer.json()["message"]
    assert "09919" not in answer.text


async def test_a_strict_json_profile_wants_its_content_type(national_side: NationalSide) -> None:
    headers = {"Content-Type": "text/plain"}
    assert (await ask_in_json(national_side, a_json_question(), **headers)).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "x"},
        {"maYeuCau": 1624260000002},
        {"ngayThangNam": "19900509"},
        {"ngayThangNam": "1990"},
        {"soCMND": None},
        {"soDinhDanh": "", "soCMND": "990000017"},
    ],
)
async def test_a_lenient_json_profile_forgives(changes: dict[str, Any]) -> None:
    async with (side := start(is_strict=False)).http:
        assert (await ask_in_json(side, a_json_question(**changes))).json() == {"data": True}


@pytest.mark.parametrize(
    "changes",
    [{"ngayThangNam": "1990-05-09"}, {"maTichHop": "003"}, {"nam": "1990"}, {"userNameService": "x"}],
)
async def test_thanh_hoa_has_a_dialect_and_fields_of_its_own(
    national_side: NationalSide, changes: dict[str, Any]
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await national_side.http.post(THANH_HOA, content=thanh_hoa(**changes), headers=headers)
    assert answer.status_code == 400


async def test_thanh_hoa_finds_by_a_lone_year(national_side: NationalSide) -> None:
    headers = {"Content-Type": "application/json"}
    content = thanh_hoa(ngayThangNam="", nam="1990")
    answer = await national_side.http.post(THANH_HOA, content=content, headers=headers)
    assert "TRẦN VĂN THỬ" in answer.json()["message"]


# --- VDXP


@pytest.mark.parametrize("per_second", [1, 1000])
async def test_the_time_may_be_seconds_or_milliseconds(national_side: NationalSide, per_second: int) -> None:
    assert (await ask_over_vdxp(national_side, sample(COURT), per_second=per_second)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"user": "OTHER"},
        {"secret": "other"},
        {"ahead_seconds": 301},
        {"ahead_seconds": -301},
        {"per_second": 10},
    ],
)
async def test_a_wrong_signature_is_refused(national_side: NationalSide, changes: dict[str, Any]) -> None:
    answer = await ask_over_vdxp(national_side, sample(COURT), **changes)
    assert answer.status_code == 401
    assert (await national_side.stats())["lookups"] == 0


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Basic", "Basic !", "Basic eA==", "Basic /w=="])
async def test_a_call_without_a_basic_pair_is_refused(
    national_side: NationalSide, authorization: str
) -> None:
    path = f"{VDXP}/TraCuuThongTinCongDan"
    headers = signed(national_side, path) | {"Authorization": authorization}
    answer = await national_side.http.post(path, content=sample(COURT), headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize("timestamp", ["", "now", "17000000000000", "-700000000", "²700000000"])
async def test_a_time_that_is_none_is_refused(national_side: NationalSide, timestamp: str) -> None:
    path = f"{VDXP}/TraCuuThongTinCongDan"
    headers = {**signed(national_side, path), "Timestamp": timestamp}
    sent = [(name.encode(), text.encode()) for name, text in headers.items()]
    answer = await national_side.http.post(path, content=sample(COURT), headers=sent)
    assert answer.status_code == 401


@pytest.mark.parametrize("address", ["/vdxp-soap/TraCuuThongTinCongDan", "/test/dancu/TraCuuThongTinCongDan"])
async def test_the_hash_may_cover_the_path_or_what_was_agreed(address: str) -> None:
    agreed = VdxpCredentials(signed_address="/test/dancu/TraCuuThongTinCongDan")
    async with (side := start(vdxp=agreed)).http:
        headers = signed(side, address)
        answer = await side.http.post(f"{VDXP}/soap", content=sample(COURT), headers=headers)
        asked = await side.http.post(f"{VDXP}/TraCuuThongTinCongDan", content=sample(COURT), headers=headers)
    assert (answer.status_code, asked.status_code) == (200 if address.startswith("/test") else 401, 200)


async def test_a_clock_that_runs_ahead_refuses_right_signatures(national_side: NationalSide) -> None:
    await national_side.http.post("/mock/troubles", json={"clock_skew_seconds": 301})
    assert (await ask_over_vdxp(national_side, sample(COURT))).status_code == 401
    assert (await ask_over_vdxp(national_side, sample(COURT), ahead_seconds=301)).status_code == 200


@pytest.mark.parametrize(("is_strict", "status"), [(True, 401), (False, 200)])
@pytest.mark.parametrize("wanted", [{"road_client": "VN/GOV"}, {"api_key": "KEY"}])
async def test_headers_of_an_x_road_are_wanted_where_they_are_set_up(
    *, is_strict: bool, status: int, wanted: dict[str, str]
) -> None:
    async with (side := start(is_strict=is_strict, vdxp=VdxpCredentials(**wanted))).http:
        assert (await ask_over_vdxp(side, sample(COURT))).status_code == status


@pytest.mark.parametrize(("is_strict", "status"), [(True, 500), (False, 200)])
async def test_vdxp_knows_one_notation_of_days(*, is_strict: bool, status: int) -> None:
    async with (side := start(is_strict=is_strict)).http:
        assert (await ask_over_vdxp(side, a_question(birth_date="1990-05-09"))).status_code == status
        assert (await ask_over_vdxp(side, a_question(birth_date="19900509"))).status_code == 200


# --- the household, and everybody behaving alike


async def test_a_household_says_of_itself_that_it_is_unverified(national_side: NationalSide) -> None:
    request = sample(COURT).replace(b"TraCuuThongTinCongDan", b"CungCapThongTinHoGiaDinh")
    request = request.replace(b">037<", b">034<")
    answer = await ask_over_vdxp(national_side, request, "CungCapThongTinHoGiaDinh")
    assert 'GhiChu="034: unverified, a guess"' in answer.text
    assert 'SoCongDan="2"' in answer.text
    assert answer.text.count("<ns1:CongDan>") == 2


async def test_a_lookups_code_asks_no_household(national_side: NationalSide) -> None:
    request = sample(COURT).replace(b"TraCuuThongTinCongDan", b"CungCapThongTinHoGiaDinh")
    answer = await ask_over_vdxp(national_side, request, "CungCapThongTinHoGiaDinh")
    assert answer.status_code == 500


async def test_by_a_switch_everybody_behaves_alike_even_nobody(national_side: NationalSide) -> None:
    await national_side.http.post("/mock/troubles", json={"behaviour": "two_people"})
    known = await ask_over_vdxp(national_side, sample(COURT))
    nobody = await ask_over_vdxp(national_side, sample(COURT).replace(b"TRANVANTHU", b"AIDO"))
    assert known.text.count("<ns1:CongDan>") == 2
    assert nobody.status_code == 200


def test_options_of_the_other_profiles_reach_the_configuration(tmp_path: Any) -> None:
    file = tmp_path / "vdxp.json"
    file.write_text(json.dumps({"user": "U", "secret_key": "S", "api_key": "K"}), encoding="utf-8")
    options = ["--profile", "vdxp-soap", "--dates", "yyyymmdd", "--json-auth", "A", "--vdxp", str(file)]
    config = config_from(read_options(options))
    assert (config.profile, config.json_auth) == ("vdxp-soap", "A")
    assert config.vdxp == VdxpCredentials(user="U", secret_key="S", api_key="K")
    assert config.dialects_of("lgsp-json") == {"yyyymmdd"}
    assert MockConfig().dialects_of("lgsp-soap") == {"yyyymmdd", "yyyy-mm-dd"}
