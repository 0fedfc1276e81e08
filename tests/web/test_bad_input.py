"""Whatever a signed-in officer's software sends wrongly gets a clear problem, a record, and never a 500."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from app.cli import invented
from app.web.problem_kinds import KINDS
from tests.gateway import Gateway, bearer
from tests.world import a_dossier_code, a_lookup

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Row:
    """What is sent, and what must be said."""

    status: int
    code: str
    sent: dict[str, Any] | bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.sent if isinstance(self.sent, bytes) else json.dumps(self.sent).encode()


def asking(**citizen: Any) -> dict[str, Any]:
    return a_lookup(citizen=citizen)


def lacking(name: str) -> dict[str, Any]:
    return {key: value for key, value in a_lookup().items() if key != name}


def raw(old: str, new: str, **changes: Any) -> bytes:
    """Return the lookup's JSON with one piece of its text replaced."""
    text = json.dumps(a_lookup(**changes), ensure_ascii=False)
    if old not in text:
        raise AssertionError(old)
    return text.replace(old, new, 1).encode("utf-8", "surrogatepass")


ROWS: dict[str, Row] = {
    "no JSON": Row(422, "malformed_request", b"citizen=099190000017"),
    "JSON cut off": Row(422, "malformed_request", raw("counter", "counter")[:-20]),
    "empty": Row(422, "malformed_request", b""),
    "two documents": Row(422, "malformed_request", b"{}{}"),
    "not UTF-8": Row(422, "malformed_request", b'{"citizen": "\xff\xfe"}'),
    "UTF-16": Row(422, "malformed_request", json.dumps(a_lookup()).encode("utf-16")),
    "nested deeply": Row(422, "malformed_request", b'{"citizen":' * 5000),
    "an endless number": Row(422, "malformed_request", b'{"citizen":' + b"9" * 60_000 + b"}"),
    "a lone surrogate in the name": Row(422, "malformed_request", raw("Trần", "\\ud800")),
    "a lone surrogate in a key": Row(422, "malformed_request", raw('"citizen"', '"\\udfff"')),
    "a lone surrogate as bytes": Row(422, "malformed_request", raw("Trần", "\ud800")),
    "a list": Row(422, "invalid_value", b"[]"),
    "null": Row(422, "invalid_value", b"null"),
    "a text": Row(422, "invalid_value", b'"099190000017"'),
    "no citizen": Row(422, "invalid_value", lacking("citizen")),
    "no procedure": Row(422, "invalid_value", lacking("procedure_code")),
    "no dossier": Row(422, "invalid_value", lacking("dossier_code")),
    "no method": Row(422, "invalid_value", lacking("verification_method")),
    "citizen a text": Row(422, "invalid_value", a_lookup() | {"citizen": "099190000017"}),
    "number an integer": Row(422, "invalid_value", asking(id_number=99190000017)),
    "number null": Row(422, "invalid_value", asking(id_number=None)),
    "name a list": Row(422, "invalid_value", asking(full_name=["Trần"])),
    "name endless": Row(422, "invalid_value", asking(full_name="Trần " * 1000)),
    "method unknown": Row(422, "invalid_value", a_lookup(verification_method="hearsay")),
    "channel unknown": Row(422, "invalid_value", a_lookup(reception_channel="pigeon")),
    "a field nobody has": Row(422, "invalid_value", a_lookup(fields=["shoe_size"])),
    "five thousand fields": Row(422, "invalid_value", a_lookup(fields=["x"] * 5000)),
    "purpose with NUL": Row(422, "invalid_value", a_lookup(purpose="vì\0")),
    "purpose empty": Row(422, "invalid_value", a_lookup(purpose=" ")),
    "purpose endless": Row(422, "invalid_value", a_lookup(purpose="x" * 201)),
    "an unknown member": Row(422, "unknown_field", a_lookup() | {"citizen_id": "099190000017"}),
    "an unknown member within": Row(422, "unknown_field", asking(nickname="Thử")),
    "11 digits": Row(422, "invalid_id_number", asking(id_number="09919000001")),
    "13 digits": Row(422, "invalid_id_number", asking(id_number="0991900000170")),
    "digits of another script": Row(422, "invalid_id_number", asking(id_number="٠٩٩١٩٠٠٠٠٠١٧")),
    "digits with a line end": Row(422, "invalid_id_number", asking(id_number="099190000017\n")),
    "number empty": Row(422, "invalid_id_number", asking(id_number="")),
    "name empty": Row(422, "invalid_full_name", asking(full_name="")),
    "name of digits": Row(422, "invalid_full_name", asking(full_name="099190000017")),
    "name with NUL": Row(422, "invalid_full_name", asking(full_name="Trần\0Thử")),
    "name with markup": Row(422, "invalid_full_name", asking(full_name="Trần<Thử>")),
    "31 February": Row(422, "invalid_birth_date", asking(birth_date="1990-02-31")),
    "day before month": Row(422, "invalid_birth_date", asking(birth_date="09-05-1990")),
    "born tomorrow": Row(422, "invalid_birth_date", asking(birth_date="2999-01-01")),
    "born long ago": Row(422, "invalid_birth_date", asking(birth_date="1899-12-31")),
    "another birth year": Row(422, "birth_year_contradicts_number", asking(birth_date="1991-05-09")),
    "procedure no code": Row(422, "invalid_procedure_code", a_lookup(procedure_code="khai sinh")),
    "dossier no code": Row(422, "invalid_dossier_code", a_lookup(dossier_code="HS-0001")),
    "a card and a citizen": Row(422, "invalid_value", a_lookup(card_qr="x", verification_method="qr_reader")),
    "a card that is none": Row(
        422, "invalid_card_qr", lacking("citizen") | {"card_qr": "x|y", "verification_method": "qr_reader"}
    ),
    "a card endless": Row(422, "invalid_value", lacking("citizen") | {"card_qr": "x" * 4001}),
    "a dossier and a reason for none": Row(
        422, "invalid_value", a_lookup(no_dossier_reason="completing_papers")
    ),
    "a reason nobody has": Row(
        422, "invalid_value", lacking("dossier_code") | {"no_dossier_reason": "other"}
    ),
    "dossier of tomorrow": Row(
        422, "invalid_dossier_code", a_lookup(dossier_code=a_dossier_code().replace("-23", "-99"))
    ),
    "dossier with NUL": Row(422, "invalid_dossier_code", a_lookup(dossier_code=a_dossier_code() + "\0")),
    "retry_of no id": Row(422, "retry_of_unknown", a_lookup(retry_of="099190000017")),
    "retry_of of nobody": Row(422, "retry_of_unknown", a_lookup(retry_of=str(uuid4()))),
    "key too short": Row(422, "invalid_idempotency_key", a_lookup(), {"Idempotency-Key": "short"}),
    "key with a blank": Row(422, "invalid_idempotency_key", a_lookup(), {"Idempotency-Key": "a b" * 9}),
    "oversized": Row(413, "request_too_large", b" " * 70_000),
    "a form": Row(415, "unsupported_media_type", a_lookup(), {"Content-Type": "text/plain"}),
    "unknown procedure": Row(403, "procedure_unknown", a_lookup(procedure_code="9.999999")),
    "ended procedure": Row(403, "procedure_not_in_force", a_lookup(procedure_code=invented.ENDED_PROCEDURE)),
    "another unit's procedure": Row(
        403, "procedure_not_granted", a_lookup(procedure_code=invented.UNGRANTED_PROCEDURE)
    ),
    "another role's procedure": Row(
        403, "procedure_not_granted", a_lookup(procedure_code=invented.PROCESSING_PROCEDURE)
    ),
    "procedure without code on the national side": Row(
        403, "procedure_not_mapped", a_lookup(procedure_code=invented.UNMAPPED_PROCEDURE)
    ),
    "dossier of another agency": Row(
        403, "dossier_of_another_agency", a_lookup(dossier_code=a_dossier_code("000.99.99.H19"))
    ),
    "a field beyond the procedure": Row(403, "field_not_permitted", a_lookup(fields=["religion"])),
}


async def _send(gateway: Gateway, token: str, row: Row) -> httpx.Response:
    return await gateway.http.post(
        "/v1/residence-lookups", content=row.content, headers=JSON | bearer(token) | row.headers
    )


async def test_every_mistake_has_its_problem_and_its_record_and_asks_nobody(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    answers = {name: await _send(gateway, token, row) for name, row in ROWS.items()}
    said = {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()}
    assert said == {name: (row.status, row.code) for name, row in ROWS.items()}
    documented = _documented(gateway)
    for answer in answers.values():
        body = answer.json()
        assert body["paper"]["may_ask"] is False
        assert body["origin"] in {"caller", "gateway"}
        assert body["request_id"] == answer.headers["X-Request-Id"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert body["code"] in documented[str(answer.status_code)]
    await _assert_recorded(gateway)


async def _assert_recorded(gateway: Gateway) -> None:
    """Each refusal has a record of its own; what was not even a question has one per minute and code."""
    rejected = await gateway.records("request.rejected")
    refused = await gateway.records("lookup.refused")
    codes = [row.code for row in ROWS.values() if row.status == 403]
    assert sorted(record["problem_code"] for record in refused) == sorted(codes)
    expected = {row.code for row in ROWS.values() if row.status != 403}
    assert {record["problem_code"] for record in rejected} == expected
    assert len(rejected) <= 2 * len(expected)  # a minute may have turned
    assert not {"subject", "dossier_code", "procedure_code"} & {name for one in rejected for name in one}
    assert await gateway.records("lookup.intent") == []


def _documented(gateway: Gateway) -> dict[str, set[str]]:
    operation = gateway.app.openapi()["paths"]["/v1/residence-lookups"]["post"]
    return {
        status: set(answer["content"].get("application/problem+json", {}).get("examples", {}))
        for status, answer in operation["responses"].items()
    }


@pytest.mark.parametrize("name", ["citizen", "procedure_code", "purpose", "fields", "retry_of", "khác"])
async def test_no_answer_repeats_what_was_sent(gateway: Gateway, name: str) -> None:
    planted = "099190000017\aTrần Văn Thử"  # the bell makes it wrong everywhere
    token = await gateway.sign_in()
    for value in (planted, [planted], {planted: planted}, 99190000017.5):
        sent = json.dumps(a_lookup() | {name: value, f"{name}{planted}": planted}).encode()
        for content in (sent, sent[:-1], json.dumps(a_lookup() | {name: value}).encode()):
            answer = await _send(gateway, token, Row(422, "", content, {"Accept-Language": "en"}))
            assert answer.status_code == 422
            for part in ("099190000017", "99190000017", "Thử", "Tr\\u1ea7n", quote("Thử")):
                assert part not in answer.text + str(answer.headers)


async def test_the_notice_is_read_as_strictly(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    contents = {
        b"": "malformed_request",
        b"{}": "invalid_value",
        b'{"version": "099190000017"}': "invalid_value",
        b'{"version": "2026-1", "x": 1}': "unknown_field",
    }
    for content, code in contents.items():
        answer = await gateway.http.post(
            "/v1/me/confidentiality-notice", content=content, headers=JSON | bearer(token)
        )
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert "099190000017" not in answer.text


@pytest.mark.parametrize(
    ("login_name", "code"),
    [(invented.UNMAPPED, "officer_not_mapped"), (invented.AUDITOR, "role_not_permitted")],
)
async def test_an_officer_without_the_right_is_told_who_can_help(
    gateway: Gateway, login_name: str, code: str
) -> None:
    answer = await gateway.look_up(await gateway.sign_in(login_name))
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert "Liên hệ" in answer.json()["next_step"]
    (record,) = await gateway.records("lookup.refused")
    assert record["problem_code"] == code


async def test_before_the_notice_is_accepted_nothing_is_looked_up(gateway: Gateway) -> None:
    answer = await gateway.look_up(await gateway.sign_in(accept_notice=False))
    assert (answer.status_code, answer.json()["code"]) == (403, "notice_not_accepted")
    assert await gateway.records("lookup.intent") == []


LOST = [
    ("GET", "/khong-co/099190000017", 404, "route_unknown"),
    ("GET", "/v1/residence-lookups", 405, "method_not_allowed"),
    ("DELETE", "/v1/residence-lookups", 405, "method_not_allowed"),
    ("OPTIONS", "/v1/residence-lookups", 405, "method_not_allowed"),
    ("TRACE", "/livez", 405, "method_not_allowed"),
    ("NONSENSE", "/livez", 405, "method_not_allowed"),
    ("HEAD", "/v1/me", 405, None),
    ("OPTIONS", "*", 404, "route_unknown"),
    ("GET", "/v1/residence-lookups/099190000017", 404, "lookup_unknown"),
    ("GET", "/v1/residence-lookups/%00", 404, "lookup_unknown"),
    ("GET", "/v1/residence-lookups/%ff%fe", 404, "lookup_unknown"),
    ("GET", f"/v1/residence-lookups/{uuid4()}", 404, "lookup_unknown"),
    ("GET", "/docs", 404, "route_unknown"),
    ("GET", "/redoc", 404, "route_unknown"),
    ("GET", "/../etc/passwd", 404, "route_unknown"),
]


async def test_what_is_not_here_is_a_problem_too(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    for method, path, status, code in LOST:
        answer = await gateway.http.request(method, path, headers=bearer(token))
        assert (method, path, answer.status_code) == (method, path, status)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["X-Request-Id"]
        if code is not None:
            assert answer.json()["code"] == code
            assert "099190000017" not in answer.text


async def test_a_lookup_is_shown_to_the_officer_who_made_it_only(gateway: Gateway) -> None:
    mine = (await gateway.look_up(await gateway.sign_in())).json()["lookup_id"]
    other = await gateway.sign_in(invented.PROCESSING)
    answer = await gateway.http.get(f"/v1/residence-lookups/{mine}", headers=bearer(other))
    assert (answer.status_code, answer.json()["code"]) == (404, "lookup_unknown")


def test_rows_expect_the_statuses_of_the_table() -> None:
    statuses = {code.value: kind.status.value for code, kind in KINDS.items()}
    assert {name: statuses[row.code] for name, row in ROWS.items()} == {
        name: row.status for name, row in ROWS.items()
    }
