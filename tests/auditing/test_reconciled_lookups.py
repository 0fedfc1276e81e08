"""The whole once: lookups through a gateway, the stand-in's own log, and what comparing both finds."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.auditing.reconciliation import reconcile
from app.auditing.reconciliation_reading import NationalLog
from app.auditing.reconciliation_records import take_records
from app.auditing.reconciliation_spill import open_spill
from app.auditing.reconciliation_values import Finding, Kind, Period, Rules, Totals
from app.cli import invented
from mock_c06.app import create_app
from mock_c06.config import MockConfig
from mock_c06.personas import PERSONAS
from tests.adapters.stand_in import running_stand_in
from tests.adapters.test_diagnosis import person
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import World, a_lookup

ASKED = ("099190000017", "099090000109", "099079000121", "099072000141", "099070000131", "099075000155")
"""Found, not found, another name, garbage, unavailable, and a token rejected once."""


class Both:
    """A gateway over a stand-in that keeps its log, and the comparison of the two."""

    def __init__(self, gateway: Gateway, mock: httpx.ASGITransport, folder: Path) -> None:
        self.gateway = gateway
        self.file = folder / "access-log.csv"
        self._side = httpx.AsyncClient(transport=mock, base_url="http://c06.test")

    async def download(self) -> str:
        """Return the national side's log as it hands it out, and keep it for `compare`."""
        text = (await self._side.get("/mock/access-log.csv")).raise_for_status().text
        self.file.write_text(text, encoding="utf-8")
        return text

    async def compare(self) -> tuple[Totals, list[Finding]]:
        """Compare the log in the file with the evidence."""
        now, hour = self.gateway.clock.now(), timedelta(hours=1)
        period = Period(*(round(at.timestamp() * 1000) for at in (now - hour, now + hour)))
        connection = await asyncpg.connect(self.gateway.world.database.auditing_url)
        try:
            with open_spill() as spill:
                for _ in spill.take_rows(NationalLog(self.file).rows()):
                    pass
                taken = [counts async for counts in take_records(connection, spill, period)][-1]
                totals = reconcile(spill, Rules(period), unreadable_records=taken.unreadable)
                return totals, [*spill.findings(differences=True), *spill.findings(differences=False)]
        finally:
            await connection.close()


@pytest.fixture
async def both(world: World, tmp_path: Path) -> AsyncIterator[Both]:
    mock = httpx.ASGITransport(create_app(MockConfig(access_log=tmp_path / "c06.jsonl")))
    async with running_gateway(world, an_upstream(), transport=mock) as gateway:
        yield Both(gateway, mock, tmp_path)


async def test_what_really_went_through_a_gateway_differs_in_nothing_and_what_went_past_it_is_found(
    both: Both,
) -> None:
    token = await both.gateway.sign_in()
    for number in ASKED:
        persona = PERSONAS[number]
        citizen = {"id_number": number, "full_name": persona.full_name, "birth_date": str(persona.birth_date)}
        await both.gateway.look_up(token, a_lookup(citizen=citizen))
    text = await both.download()
    totals, found = await both.compare()
    assert found == []
    assert (totals.matched, totals.is_clean, totals.records) == (len(ASKED), True, len(ASKED))
    assert totals.looks == len(ASKED) + 1
    intents = await both.gateway.records("lookup.intent")
    assert {intent["upstream_officer_code"] for intent in intents} <= set(text.replace(",", "\n").split("\n"))

    first, second = intents[0]["national_request_id"], intents[1]["national_request_id"]
    both.file.write_text(text.replace(first, "0" * 32).replace(second, first), encoding="utf-8")
    totals, found = await both.compare()
    assert {(each.kind, each.request_id, each.recorded and each.recorded.road) for each in found} == {
        (Kind.LOOK_WITHOUT_RECORD, "0" * 32, None),
        (Kind.RECORD_WITHOUT_LOOK, second, "lgsp-soap"),
    }

    both.file.write_text(text, encoding="utf-8")
    await both.gateway.execute("alter table audit_record disable trigger all")
    await both.gateway.execute("delete from audit_record where lookup_id::text = $1", intents[2]["record_id"])
    totals, found = await both.compare()
    assert [(each.kind, each.request_id) for each in found] == [
        (Kind.LOOK_WITHOUT_RECORD, intents[2]["national_request_id"])
    ]


async def test_a_check_of_the_road_that_asks_about_the_test_person_is_no_look_past_the_gateway(
    world: World, tmp_path: Path
) -> None:
    config = MockConfig(access_log=tmp_path / "c06.jsonl")
    with running_stand_in(config) as url:
        upstream = an_upstream(base_url=f"{url}/lgsp-soap", **person(ASKED[0]))
        async with running_gateway(world, upstream) as gateway:
            administrator = bearer(await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False))
            answer = await gateway.http.post("/v1/status/upstream-checks", headers=administrator)
            both = Both(gateway, httpx.ASGITransport(create_app(config)), tmp_path)
            text = await both.download()
            totals, found = await both.compare()

    assert answer.raise_for_status().json()["roads"][0]["steps"][-1]["finding"] == "good"
    assert ASKED[0] not in answer.text
    assert text.count("TraCuuThongTinCongDan,found") == 1
    assert (found, totals.matched, totals.is_clean) == ([], 1, True)
