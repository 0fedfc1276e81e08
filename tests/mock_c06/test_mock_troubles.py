"""Every trouble of the national side comes both ways: by a persona, and by a switch at run time."""

import asyncio
import random
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from mock_c06.config import MockConfig
from mock_c06.latency import Latency
from mock_c06.personas import PERSONAS, THU
from tests.adapters.stand_in import running_under_tls
from tests.mock_c06.national_side import Clock, NationalSide, a_question, records
from tests.mock_c06.partners import signed

LOOKUP = "/vdxp-soap/TraCuuThongTinCongDan"
FOR_EVER = {"median_ms": 600_000, "p99_ms": 600_000}
ROWS = [
    ("latency distribution", "099070000137", {"latency": FOR_EVER}, "nothing"),
    ("error rate", "099070000138", {"error_rate": 1}, "Fault with 500"),
    ("hang", "099070000136", {"hang": True}, "nothing"),
    ("reset", "099070000135", {"behaviour": "reset"}, "lost"),
    ("half an answer", "099070000132", {"behaviour": "half_answer"}, "cut short"),
    ("wrong encoding", "099072000148", {"behaviour": "wrong_encoding"}, "not UTF-8"),
    ("wrong citizen", "099079000123", {"behaviour": "other_number"}, "another citizen"),
    ("duplicate citizens", "099182000126", {"behaviour": "two_people"}, "2 citizens"),
    ("SOAP fault with 200", "099075000151", {"behaviour": "fault_200"}, "Fault with 200"),
    ("expired certificate", "099075000157", {"certificate": "expired"}, "certificate has expired"),
    ("clock skew", "099075000156", {"clock_skew_seconds": 900}, "not admitted"),
]


@dataclass
class Side:
    """A stand-in behind real sockets: `plain` for its controls, `under_tls` for questions."""

    plain: str
    under_tls: str
    folder: Path

    async def switch(self, troubles: dict[str, Any]) -> None:
        async with httpx.AsyncClient(base_url=self.plain) as http:
            (await http.post("/mock/troubles", json=troubles)).raise_for_status()

    @asynccontextmanager
    async def caller(self, **shown: Any) -> AsyncIterator[httpx.AsyncClient]:
        trust = ssl.create_default_context(cafile=self.folder / "authority.pem")
        if shown:
            trust.load_cert_chain(**shown)
        async with httpx.AsyncClient(base_url=self.under_tls, verify=trust) as http:
            yield http

    async def ask(self, number: str) -> str:
        """Return what comes of one question, in the words of ROWS."""
        async with self.caller() as http:
            return await asked(http, number)


async def asked(http: httpx.AsyncClient, number: str) -> str:
    persona = PERSONAS[number]
    headers = signed(NationalSide(http, Clock(time.time())), LOOKUP)
    content = a_question(number, persona.full_name, str(persona.birth_date).replace("-", ""))
    try:
        async with asyncio.timeout(0.5):
            return told(await http.post(LOOKUP, content=content, headers=headers), number)
    except TimeoutError:
        return "nothing"
    except httpx.RemoteProtocolError as error:
        return "cut short" if "complete" in str(error) else "lost"
    except httpx.ReadError:
        return "lost"
    except httpx.ConnectError as error:
        return "certificate has expired" if "certificate has expired" in str(error) else str(error)


def told(answer: httpx.Response, number: str) -> str:
    if answer.status_code == 401:
        return "not admitted"
    try:
        tree = etree.fromstring(answer.content)
    except etree.XMLSyntaxError:
        return "not UTF-8"
    if tree.find(".//{*}Fault") is not None:
        return f"Fault with {answer.status_code}"
    people = records(answer)
    if len(people) != 1:
        return f"{len(people)} citizens"
    return "found" if people[0]["SoDinhDanh"] == number else "another citizen"


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    folder = tmp_path_factory.mktemp("tls")
    with running_under_tls(MockConfig(uneven=Latency.model_validate(FOR_EVER)), folder) as (plain, under_tls):
        yield Side(plain, under_tls, folder)


@pytest.mark.parametrize(
    ("number", "switch", "what"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
async def test_each_trouble_comes_by_a_persona_and_by_a_switch_and_goes_again(
    side: Side, number: str, switch: dict[str, Any], what: str
) -> None:
    by_persona = await side.ask(number)
    if what == "certificate has expired":  # it is shown to whoever comes next
        assert by_persona == "lost"
        by_persona = await side.ask(THU.citizen_id)
    after_persona = await side.ask(THU.citizen_id)
    await side.switch(switch)
    try:
        by_switch = await side.ask(THU.citizen_id)
    finally:
        await side.switch({})
    after_switch = await side.ask(THU.citizen_id)

    assert (by_persona, by_switch) == (what, what)
    assert (after_persona, after_switch) == ("found", "found")


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        ({"certificate": "other_name"}, "Hostname mismatch"),
        ({"certificate": "untrusted"}, "self-signed certificate"),
    ],
)
async def test_a_certificate_may_be_wrong_in_other_ways(
    side: Side, switch: dict[str, Any], words: str
) -> None:
    await side.switch(switch)
    try:
        assert words in await side.ask(THU.citizen_id)
    finally:
        await side.switch({})


async def test_a_client_certificate_is_wanted_when_switched_on(side: Side) -> None:
    await side.switch({"wants_client_certificate": True})
    shown = {"certfile": side.folder / "client.pem", "keyfile": side.folder / "client.key"}
    try:
        without = await side.ask(THU.citizen_id)
        async with side.caller(**shown) as http:
            with_it = await asked(http, THU.citizen_id)
    finally:
        await side.switch({})

    assert without == "lost"
    assert with_it == "found"


def test_half_of_the_answers_come_by_the_median_and_one_of_a_hundred_after_the_tail() -> None:
    chance, latency = random.Random(1), Latency(median_ms=80, p99_ms=1500)  # noqa: S311 - no secret
    drawn = [latency.draw(chance) for _ in range(20_000)]

    assert sum(seconds <= 0.08 for seconds in drawn) == pytest.approx(10_000, abs=300)
    assert sum(seconds > 1.5 for seconds in drawn) == pytest.approx(200, abs=60)
    assert max(drawn) <= 15.0


@pytest.mark.parametrize("median_ms", [0, -1, 2000])
def test_a_distribution_that_is_none_is_refused(median_ms: float) -> None:
    with pytest.raises(ValueError, match="median_ms"):
        Latency.model_validate({"median_ms": median_ms, "p99_ms": 1500})
