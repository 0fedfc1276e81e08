"""What the contestant "compatible face" is: software that calls like LGSP, and its officers, each with a key.

Set up over HTTP as the department and the officers would do it: a credential for the software by the
administrator, a lookup-only key by each officer. Each call signs itself in with all that real software sends.
"""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Final

import httpx
from lxml import etree

from app.audit.record import Outcome
from app.cli import invented
from bench import desk
from bench.administrator import administrator_token
from bench.desk import Desk
from bench.failure import BenchError
from bench.national_side import FIND_PATH, Exchange

SETTINGS: Final[Mapping[str, str]] = {"DANCU_COMPATIBLE_FACE": "true"}
PREFIX: Final = "/compat/lgsp-soap"
PATH: Final = f"{PREFIX}{FIND_PATH}"
EVERY_ANSWER_HOLDS: Final = "SoDinhDanh>099190000017<"
_TOKEN_PATH: Final = f"{PREFIX}/getToken"
_SERVICE: Final = f"{invented.RESIDENCE_PROCEDURE}.01".encode()
_MARK: Final = "#" * 12
_PATIENCE_SECONDS: Final = 30
_PERSON: Final = ".//{http://www.mic.gov.vn/dancu/1.0}CongDan"
_NUMBER: Final = f"{_PERSON}/{{*}}SoDinhDanh"
_NAME: Final = f"{_PERSON}/{{*}}HoVaTen/{{*}}Ten"


@dataclass(frozen=True, slots=True)
class OldSoftware:
    """The software's own proof, its officers' keys, and the question of its sample."""

    base_url: str
    proof: str = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)
    sample: bytes = field(repr=False)

    def question(self) -> bytes:
        """Return the envelope, with ids (MaYeuCau) that no other envelope returned here has."""
        request_id = f"{token_hex(10)}{_MARK}".encode()
        return self.sample.replace(b"1682470000000", request_id).replace(b"1.000001", _SERVICE)

    def callers(self) -> tuple[Mapping[str, str], ...]:
        """Return the headers of a call by each officer, with a fresh token of the software's."""
        answer = _good(
            httpx.post(
                f"{self.base_url}{_TOKEN_PATH}",
                data={"grant_type": "client_credentials"},
                headers={"lgspaccesstoken": self.proof},
                timeout=_PATIENCE_SECONDS,
                trust_env=False,
            )
        )
        usual = {
            "Authorization": f"Bearer {answer.json()['access_token']}",
            "lgspaccesstoken": self.proof,
            "Content-Type": "application/xml; charset=utf-8",
            "X-Dossier-Code": desk.DOSSIER_CODE,
        }
        return tuple(usual | {"AuthHash": key} for key in self.keys)


def set_up(opened: Desk, exchange: Exchange) -> OldSoftware:
    """Register the software and let each officer make a key; BenchError where that is refused."""
    with httpx.Client(base_url=opened.base_url, trust_env=False, timeout=_PATIENCE_SECONDS) as http:
        proof = _register(http, administrator_token(opened))
        keys = tuple(_make_keys(http, opened.tokens))
    return OldSoftware(opened.base_url, proof, keys, exchange.question)


def check(answer: httpx.Response) -> None:
    """Raise BenchError unless the answer is the envelope with the person asked about."""
    if answer.is_success and answer.headers.get("x-outcome") == Outcome.FOUND:
        root = etree.fromstring(answer.content)
        if [root.findtext(path) for path in (_NUMBER, _NAME)] == ["099190000017", "TRẦN VĂN THỬ"]:
            return
    raise BenchError(f"the compatible face answered HTTP {answer.status_code} and not with the person")


def _register(http: httpx.Client, administrator: str) -> str:
    """Return what the software proves itself with (`lgspaccesstoken`)."""
    path = f"/v1/clients/{invented.CLIENT_ID}/compatible-credentials"
    made = _good(http.post(path, json={"profile": "lgsp"}, headers=_bearer(administrator))).json()
    proof = {
        "AccessKey": made["name"],
        "SecretKey": made["secret"],
        "AppName": "mcdt-test",
        "PartnerCode": "000.00.00.H00",
        "PartnerCodeCus": "000.00.00.H00",
    }
    return base64.b64encode(json.dumps(proof, separators=(",", ":")).encode()).decode()


def _make_keys(http: httpx.Client, tokens: tuple[str, ...]) -> Iterator[str]:
    """Make a key with each officer's token, once the software is known, and yield its `AuthHash`."""
    for token in tokens:
        yield str(_made_in_time(http, token)["auth_hash"])


def _made_in_time(http: httpx.Client, token: str) -> dict[str, Any]:
    """Make a key; tried again until the gateway's directory knows that the software has a credential."""
    asked, deadline = {"client_id": invented.CLIENT_ID}, time.monotonic() + _PATIENCE_SECONDS
    while True:
        answer = http.post("/v1/me/lookup-keys", json=asked, headers=_bearer(token))
        if answer.is_success or time.monotonic() > deadline:
            return dict(_good(answer).json())
        time.sleep(0.05)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _good(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise BenchError(f"{answer.request.url.path} answered HTTP {answer.status_code}")
    return answer
