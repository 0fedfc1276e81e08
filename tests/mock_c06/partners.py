"""Callers of the stand-in's other profiles: they ask in process, as one-stop software asks over HTTP."""

import base64
import hashlib
import json
from typing import Any

import httpx

from tests.mock_c06.national_side import NationalSide

VDXP = "/vdxp-soap"
JSON = "/lgsp-json"


def a_json_question(**changes: Any) -> dict[str, Any]:
    """Return Đồng Tháp's question about the person of the sample answer."""
    asked = {
        "maYeuCau": "1624260000002",
        "maDVC": "G18-YT04",
        "maCanBo": "canbo.test@example.invalid",
        "soDinhDanh": "099190000017",
        "soCMND": "",
        "hoVaTen": "TRANVANTHU",
        "ngayThangNam": "1990-05-09",
        "userNameService": "STTTT_DONGTHAP",
    }
    return asked | changes


async def json_token(side: NationalSide, auth: str = "AUTH-TEST") -> httpx.Response:
    return await side.http.post(f"{JSON}/api/v1/Authentication/Token", headers={"Auth": auth})


async def ask_in_json(
    side: NationalSide,
    body: dict[str, Any] | bytes,
    operation: str = "XacThucThongTinCongDan",
    **headers: str,
) -> httpx.Response:
    token = (await json_token(side)).json()["token"]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | headers
    return await side.http.post(f"{JSON}/{operation}", content=content, headers=sent)


def signed(
    side: NationalSide,
    address: str,
    *,
    user: str = "TEST_USER",
    secret: str = "test-secret",
    ahead_seconds: float = 0.0,
    per_second: int = 1000,
) -> dict[str, str]:
    """Return the headers of a VDXP call at the stand-in's own time, or so far ahead of it."""
    timestamp = str(int((side.clock.now + ahead_seconds) * per_second))
    digest = hashlib.sha256(f"{address}{user}{timestamp}{secret}".encode()).hexdigest()
    return {
        "Timestamp": timestamp,
        "Authorization": f"Basic {base64.b64encode(f'{user}:{digest}'.encode()).decode()}",
        "Content-Type": "application/xml; charset=utf-8",
    }


async def ask_over_vdxp(
    side: NationalSide, content: bytes, operation: str = "TraCuuThongTinCongDan", **changes: Any
) -> httpx.Response:
    path = f"{VDXP}/{operation}"
    headers = signed(side, f"http://c06.test{path}", **changes)
    return await side.http.post(path, content=content, headers=headers)
