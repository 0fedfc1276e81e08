"""Evidence names fields and never says what was in them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import asyncpg
import pytest

from app.cli import invented
from app.lookup.decision import Permit
from app.lookup.evidence import intent_draft
from app.procedures.fields import Field
from tests.gateway import Gateway
from tests.lookup_fakes import Desk, a_command
from tests.world import a_lookup

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LONG = 6
"""Shorter values, such as a commune's code, may stand inside a random text by chance."""


def values_of(answer: object) -> Iterator[str]:
    if isinstance(answer, dict):
        for part in answer.values():
            yield from values_of(part)
    elif isinstance(answer, str):
        yield answer


async def whole_database(url: str) -> list[str]:
    """Return every row of every table as text; bytes are in hexadecimal there."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        return [
            str(row[0]).casefold()
            for table in tables
            for row in await connection.fetch(f'select t::text from "{table["tablename"]}" t')  # noqa: S608 - its own names
        ]
    finally:
        await connection.close()


async def test_nothing_that_was_shown_or_asked_stands_anywhere_in_the_database(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    question = {"id_number": "099192000020", "full_name": "Phạm Thị Sáu", "birth_date": "1992-08-21"}
    body = a_lookup(citizen=question, procedure_code=invented.HOUSEHOLD_PROCEDURE, purpose="Nhập học cho con")
    answer = (await gateway.look_up(token, body)).json()
    shown = set(values_of(answer["citizen"]))
    values = {value.casefold() for value in shown | set(question.values()) | {body["purpose"]}}
    rows, records = await whole_database(gateway.world.database.owner_url), await gateway.records()
    words = {word.casefold() for record in records for fact in record.values() for word in str(fact).split()}

    assert answer["citizen"]["household_head"] is not None
    assert len(values) > 10
    for value in values:
        assert value not in words
        if len(value) >= LONG:
            assert not any(value in row or value.encode().hex() in row for row in rows)


async def test_the_person_is_sealed_as_canonical_json() -> None:
    permit = Permit(frozenset(), "1.004194.01", "cb-mau-01", "Điều 14")
    command = a_command(purpose='"Nhập học" \\ số 1/2 \x7f\u2028')

    draft = intent_draft(Desk().caller, command, permit, "fake-road", NOON)

    question = command.question
    person = {
        "id_number": question.id_number.digits,
        "full_name": question.full_name.text,
        "birth_date": question.birth_date.iso,
        "purpose": command.purpose,
    }
    written = json.dumps(person, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert draft.subject == written.encode()


async def test_the_record_of_a_found_citizen_says_who_why_and_with_what_result(gateway: Gateway) -> None:
    answer = (await gateway.look_up(await gateway.sign_in())).json()
    (intent,), (outcome,) = await gateway.records("lookup.intent"), await gateway.records("lookup.outcome")
    assert {name: intent[name] for name in ("unit_code", "unit_level", "role", "client_id", "assurance")} == {
        "unit_code": invented.COMMUNE_CODE,
        "unit_level": "commune",
        "role": "reception",
        "client_id": invented.CLIENT_ID,
        "assurance": "password",
    }
    assert intent["national_request_id"] == answer["lookup_id"].replace("-", "")
    assert intent["legal_basis"]
    assert (intent["verification_method"], intent["reception_channel"]) == ("online_lookup", "counter")
    assert intent["road"] == answer["source"] == "lgsp-soap"
    assert outcome["fields_disclosed"] == " ".join(sorted(answer["citizen"]))
    assert outcome["fields_differing"] == ""
    assert outcome["duration_ms"] >= 0


@pytest.mark.parametrize(
    ("code", "recorded"),
    [
        ("cb-mau-01", "cb-mau-01"),
        ("cán bộ 1", "cán bộ 1"),
        ("099190000017", None),
        ("123456789", None),
        ("a\tb", None),
    ],
)
async def test_the_officers_code_is_on_record_unless_it_is_a_persons_number(
    code: str, recorded: str | None
) -> None:
    desk = Desk()
    permit = Permit(frozenset({Field.FULL_NAME}), "1.004194.01", code, "Điều 14")
    draft = intent_draft(desk.caller, a_command(), permit, "lgsp-soap", desk.clock.now())
    draft.check()
    assert draft.facts.get("upstream_officer_code") == recorded
