"""Which software calls: proofs that are none, are stale, or are another's, and tokens that end."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from app.compat.directory import FaceDirectory
from app.compat.tokens import LIFETIME
from tests.compat.face import (
    ACCESS_KEY,
    FIND,
    LGSP,
    Face,
    a_face,
    auth_hash,
    fault,
    lgsp_header,
    sample,
)

COURT = sample("requests/court-soap-037-fulldate.xml")
HG = sample("requests/hg-soap-TraCuuThongTinCongDan-037.xml")

SOFTWARE: dict[str, Callable[[Face, dict[str, str]], dict[str, str]]] = {
    "nothing": lambda *_: {},
    "wrong secret": lambda *_: lgsp_header(ACCESS_KEY, "sai"),
    "unknown access key": lambda *_: lgsp_header("AK-KHAC"),
    "no base64": lambda *_: {"lgspaccesstoken": "%%%"},
    "JSON of another sort": lambda *_: {"lgspaccesstoken": "W10="},
    "a token of nobody": lambda *_: {"Authorization": "Bearer 11111111-2222-3333-4444-555555555555"},
    "a stale signature": lambda face, _: face.signed(
        f"{LGSP}/{FIND}", face.desk.clock.now() - timedelta(minutes=6)
    ),
    "a signature of elsewhere": lambda face, _: face.signed("/elsewhere"),
    "a signature without its time": lambda *given: given[1],
    "a signature at no time": lambda *given: given[1] | {"Timestamp": "12345"},
    "a signature of a user nobody knows": lambda face, _: (
        face.signed(f"{LGSP}/{FIND}") | named("KHONG_CO:00")
    ),
    "a signature that is none": lambda *_: {"Authorization": "Basic %%%"},
    "JSON too deep": lambda *_: {"lgspaccesstoken": base64.b64encode(b"[" * 3000).decode()},
    "JSON without a name": lambda *_: {"lgspaccesstoken": base64.b64encode(b'{"AccessKey":1}').decode()},
    "a longer header than any": lambda *_: {"lgspaccesstoken": "QUFB" * 1100},
    "a longer token than any": lambda *_: {"Authorization": f"Bearer {'A' * 200}"},
    "a token that is none": lambda *_: {"Authorization": "Bearer A"},
}


def named(pair: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


@pytest.mark.parametrize("make", SOFTWARE.values(), ids=SOFTWARE)
async def test_unknown_software_is_refused(make: Callable[[Face, dict[str, str]], dict[str, str]]) -> None:
    async with a_face() as face:
        signed = face.signed(f"{LGSP}/{FIND}")
        del signed["Timestamp"]
        headers = make(face, signed) | {"AuthHash": auth_hash()}
        answer = await face.post(f"{LGSP}/{FIND}", HG, headers)
        assert face.desk.source.requests == []
    assert answer.status_code == 401
    assert fault(answer)


@pytest.mark.parametrize("unit", [1, 1000], ids=["seconds", "milliseconds"])
async def test_a_signature_may_be_over_the_address_that_the_software_was_set_up_with(unit: int) -> None:
    address = "/test/dancu/TraCuuThongTinCongDan"
    async with a_face(signed_addresses=(address,)) as face:
        headers = face.signed(address, unit=unit) | {"AuthHash": auth_hash()}
        assert (await face.post("/TraCuuThongTinCongDan", COURT, headers)).status_code == 200
        headers = face.signed("/TraCuuThongTinCongDan") | {"AuthHash": auth_hash()}
        assert (await face.post("/TraCuuThongTinCongDan", COURT, headers)).status_code == 401


async def test_a_token_ends_with_the_credential_it_was_issued_to() -> None:
    async with a_face() as face:
        headers = {"Authorization": f"Bearer {await face.token()}", "AuthHash": auth_hash()}
        face.face.shown = FaceDirectory.of([], face.face.shown.keys)
        answer = await face.post(f"{LGSP}/{FIND}", HG, headers)
    assert (answer.status_code, answer.headers["x-problem-code"]) == (401, "token_invalid")


async def test_a_token_and_an_access_key_of_different_software_are_refused_together() -> None:
    async with a_face() as face:
        issued = await face.token()
        known = list(face.face.shown.credentials.values())
        other = replace(known[0], credential_id=uuid4(), name="AK-KHAC")
        face.face.shown = FaceDirectory.of([*known, other], face.face.shown.keys)
        headers = {"Authorization": f"Bearer {issued}", "AuthHash": auth_hash(), **lgsp_header("AK-KHAC")}
        answer = await face.post(f"{LGSP}/{FIND}", HG, headers)
        assert face.desk.source.requests == []
    assert answer.headers["x-problem-code"] == "software_credential_refused"


async def test_a_token_ends() -> None:
    async with a_face() as face:
        headers = {"Authorization": f"Bearer {await face.token()}", "AuthHash": auth_hash()}
        assert (await face.post(f"{LGSP}/{FIND}", HG, headers)).status_code == 200
        face.desk.clock.turn(seconds=LIFETIME.total_seconds())
        answer = await face.post(f"{LGSP}/{FIND}", HG, headers)
    assert answer.headers["x-problem-code"] == "token_expired"


async def test_token_calls_answer_in_each_platforms_words() -> None:
    async with a_face() as face:
        form = {"grant_type": "client_credentials"}
        soap = await face.http.post("/getToken", data=form, headers=lgsp_header())
        refused = await face.http.post("/getToken", data=form, headers=lgsp_header(secret="sai"))
        path = "/api/v1/Authentication/Token"
        json = await face.http.post(path, headers={"Auth": auth_hash(ACCESS_KEY, "bi-mat-cua-phan-mem")})
        face.set_client(is_active=False)
        suspended = await face.http.post(path, headers={"Auth": auth_hash(ACCESS_KEY, "bi-mat-cua-phan-mem")})
    assert set(soap.json()) == {"access_token", "token_type", "expires_in"}
    assert set(json.json()) == {"token", "refreshToken", "expiryDate"}
    assert (refused.status_code, suspended.status_code) == (401, 403)
