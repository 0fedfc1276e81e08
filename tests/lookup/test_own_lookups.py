"""One's own lookups: all of them and nobody else's, with nothing of a citizen."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from app.cli import invented
from app.clock import SystemClock, local_day
from app.errors import InvalidRequestError
from app.lookup.own_lookup_routes import OwnLookupQuery, _said, _span
from app.lookup.own_lookups import OwnLookup
from app.units.store import UnitRegister
from app.web.cursors import cursor_of
from app.web.queries import read_query
from tests.gateway import Gateway, bearer
from tests.world import a_lookup

PATH = "/v1/me/lookups"
DOWN = {"id_number": "099070000131", "full_name": "Phan Văn Tắt", "birth_date": "1970-01-31"}
TODAY = local_day(SystemClock().now())


async def _own(gateway: Gateway, token: str, **query: str) -> dict[str, Any]:
    answer = await gateway.http.get(PATH, params=query, headers=bearer(token))
    assert answer.is_success, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def test_an_officer_sees_their_own_lookups_newest_first_and_page_by_page(gateway: Gateway) -> None:
    token, colleague = await gateway.sign_in(), await gateway.sign_in(invented.PROCESSING)
    found = (await gateway.look_up(token)).json()["lookup_id"]
    silent = (await gateway.look_up(token, a_lookup(citizen=DOWN))).headers["X-Lookup-Id"]
    forbidden = a_lookup(procedure_code=invented.UNGRANTED_PROCEDURE)
    refused = (await gateway.look_up(token, forbidden)).headers["X-Lookup-Id"]
    await gateway.look_up(colleague)
    records = len(await gateway.records())
    page = await _own(gateway, token)
    shown = [(one["lookup_id"], one["outcome"], one["problem_code"]) for one in page["lookups"]]
    assert shown == [
        (refused, "not_permitted", "procedure_not_granted"),
        (silent, "upstream_unavailable", "upstream_unavailable"),
        (found, "found", None),
    ]
    assert page["next_cursor"] is None
    first = page["lookups"][-1]
    assert first["asked_at"].startswith("20")
    assert {
        "unit_code": invented.COMMUNE_CODE,
        "client_id": invented.CLIENT_ID,
        "address": "127.0.0.1",
        "procedure_code": invented.RESIDENCE_PROCEDURE,
        "dossier_code": a_lookup()["dossier_code"],
    }.items() <= first.items()
    assert not any(value in str(page) for value in (*DOWN.values(), "099190000017", "Trần Văn Thử"))
    begun = await _own(gateway, token, page_size="2")
    rest = await _own(gateway, token, page_size="2", cursor=begun["next_cursor"])
    assert begun["lookups"] + rest["lookups"] == page["lookups"]
    assert rest["next_cursor"] is None
    assert len(await gateway.records()) == records  # reading one's own is not on record
    tomorrow = str(TODAY + timedelta(days=1))
    assert (await _own(gateway, token, from_day=tomorrow, to_day=tomorrow))["lookups"] == []
    auditor = await gateway.sign_in(invented.AUDITOR, accept_notice=False)
    assert (await _own(gateway, auditor))["lookups"] == []


async def test_a_dossier_that_came_later_is_told(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    body = a_lookup(no_dossier_reason="guidance_before_receipt")
    del body["dossier_code"]
    answer = await gateway.look_up(token, body)
    assert answer.is_success, answer.text
    (waiting,) = (await _own(gateway, token))["lookups"]
    assert waiting["dossier_code"] is None
    code = a_lookup()["dossier_code"]
    path = f"/v1/residence-lookups/{waiting['lookup_id']}/dossier"
    linked = await gateway.http.post(path, json={"dossier_code": code}, headers=bearer(token))
    assert linked.is_success, linked.text
    (shown,) = (await _own(gateway, token))["lookups"]
    assert shown["dossier_code"] == code


def _coded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "x"}, "/cursor"),
        ({"cursor": _coded("[1, 2]")}, "/cursor"),
        ({"cursor": cursor_of(("2026-11-22T00:00:00", str(uuid7())))}, "/cursor"),
        ({"cursor": cursor_of(("0001-01-01T00:00:00+14:00", str(uuid7())))}, "/cursor"),
        ({"cursor": cursor_of(("2026-11-22T00:00:00+00:00", "x"))}, "/cursor"),
        ({"page_size": "0"}, "/page_size"),
        ({"from_day": "1999-12-31"}, "/from_day"),
        ({"from_day": "2025-01-01", "to_day": "2026-11-22"}, "/from_day"),
        ({"from_day": "2026-11-22", "to_day": "2026-11-21"}, "/from_day"),
    ],
)
def test_a_query_that_is_none_is_refused(query: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        _span(read_query(OwnLookupQuery, **query), TODAY)
    assert field in refused.value.fields


def test_a_unit_that_is_no_more_is_shown_by_its_id() -> None:
    lookup_id, unit_id = uuid7(), uuid7()
    one = OwnLookup(lookup_id, SystemClock().now(), unit_id, None, None, None, None, None, None)
    said = _said(one, UnitRegister({}))
    assert (said.unit_id, said.unit_code, said.outcome) == (str(unit_id), None, None)
