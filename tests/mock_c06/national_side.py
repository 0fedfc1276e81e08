"""A caller of the stand-in for tests: it asks in process, the way one-stop software asks over HTTP."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from mock_c06.app import create_app
from mock_c06.citizen import BirthDate
from mock_c06.config import LgspCredentials, MockConfig
from mock_c06.tokens import compose_partner_header

SAMPLES = Path(__file__).parent / "samples"
LOOKUP_PATH = "/TraCuuThongTinCongDan"
VERIFY_PATH = "/XacThucThongTinCongDan"
PARTNER = compose_partner_header(LgspCredentials())
OFFICER = base64.b64encode(b"keyname-test:keypass-test").decode()
RECORD = "{http://www.mic.gov.vn/dancu/1.0}"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def a_question(
    number: str = "099190000017",
    full_name: str = "TRANVANTHU",
    birth_date: BirthDate | str = "1990-05-09",
    *,
    prefix: str = "qldc",
    request_id: str = "1682470000000",
) -> bytes:
    """Return a 037 request in the order of 2021."""
    day = str(birth_date)
    child = "Nam" if len(day) == 4 else "NgayThangNam"
    number_name = "SoCMND" if len(number) == 9 else "SoDinhDanh"
    fields = {
        "MaYeuCau": request_id,
        "MaDVC": "1.000001",
        "MaTichHop": "037",
        "MaCanBo": "canbo.test.c06",
        number_name: number,
        "HoVaTen": escape(full_name),
        "NgayThangNamSinh": f"<{prefix}:{child}>{day}</{prefix}:{child}>",
    }
    inner = "".join(f"<{prefix}:{name}>{text}</{prefix}:{name}>" for name, text in fields.items())
    return (
        f'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:{prefix}="http://dancuquocgia.bca"><soapenv:Header/><soapenv:Body>'
        f"<{prefix}:TraCuuThongTinCongDan>{inner}</{prefix}:TraCuuThongTinCongDan>"
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


def records(answer: httpx.Response) -> list[dict[str, str]]:
    """Return the citizens of a 037 answer: every element's text by its path, such as HoVaTen/Ten."""
    tree = etree.fromstring(answer.content)
    found = []
    for citizen in tree.iter(f"{RECORD}CongDan"):
        leaves = [leaf for leaf in citizen.iterdescendants() if len(leaf) == 0]
        found.append({_path(leaf, citizen): leaf.text or "" for leaf in leaves})
    return found


def _path(leaf: Any, citizen: Any) -> str:
    names = [etree.QName(leaf).localname]
    parent = leaf.getparent()
    if parent is not citizen:
        names.insert(0, etree.QName(parent).localname)
    return "/".join(names)


class Clock:
    """A clock that tests move by hand."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class NationalSide:
    """One stand-in, and a caller with valid credentials."""

    http: httpx.AsyncClient
    clock: Clock

    async def token(self) -> str:
        form = {"grant_type": "client_credentials"}
        answer = await self.http.post("/token", data=form, headers={"lgspaccesstoken": PARTNER})
        return str(answer.raise_for_status().json()["access_token"])

    async def headers(self, **other: str) -> dict[str, str]:
        valid = {
            "Authorization": f"Bearer {await self.token()}",
            "lgspaccesstoken": PARTNER,
            "AuthHash": OFFICER,
            "Content-Type": "application/xml",
        }
        return valid | other

    async def ask(self, content: bytes, path: str = LOOKUP_PATH) -> httpx.Response:
        return await self.http.post(path, content=content, headers=await self.headers())

    async def stats(self) -> dict[str, Any]:
        answer = await self.http.get("/mock/stats")
        return dict(answer.json())


def start(**options: Any) -> NationalSide:
    clock = Clock()
    transport = httpx.ASGITransport(create_app(MockConfig(**options), clock))
    return NationalSide(httpx.AsyncClient(transport=transport, base_url="http://c06.test"), clock)
