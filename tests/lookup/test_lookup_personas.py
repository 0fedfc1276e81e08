"""Every invented person of the national side, asked at the desk: outcome or problem, and the paper ruling."""

from collections.abc import Container

import pytest

from app.lookup.names import same_name
from mock_c06.personas import PERSONAS
from tests.gateway import Gateway
from tests.world import a_lookup

FOUND, NOT_FOUND, MISMATCH = "found", "not_found", "mismatch"
UNAVAILABLE, CONFUSED = (503, "upstream_unavailable", True), (502, "upstream_confused", True)
# Of a real socket, or of more than one question: tests/adapters/failures.csv has them.
ELSEWHERE = {"half_answer", "reset", "slow", "trickle", "hang", "uneven", "flaky", "certificate_expired"}

ANSWERED = {
    "found": FOUND,
    "without_head": FOUND,
    "empty_head": FOUND,
    "empty_district": FOUND,
    "without_district": FOUND,
    "token_rejected_once": FOUND,
    "clock_skewed": FOUND,
    "split_name": FOUND,
    "not_found": NOT_FOUND,
    "other_name": MISMATCH,
    "other_birth_date": MISMATCH,
    "other_number": MISMATCH,
}
TROUBLED = {
    "unavailable": UNAVAILABLE,
    "quota_used_up": UNAVAILABLE,
    "two_addresses": CONFUSED,
    "two_people": CONFUSED,
    "garbage_text": CONFUSED,
    "empty_body": CONFUSED,
    "truncated_xml": CONFUSED,
    "html_page": CONFUSED,
    "unknown_root": CONFUSED,
    "oversize": CONFUSED,
    "dtd": CONFUSED,
    "wrong_encoding": CONFUSED,
    "fault_200": CONFUSED,
    "fault_500": CONFUSED,
    "procedure_refused": (403, "upstream_procedure_not_licensed", False),
    "officer_refused": (403, "upstream_officer_not_permitted", False),
}
BY_BEHAVIOUR = {number: persona.behaviour.value for number, persona in PERSONAS.items()}


def about(number: str) -> dict[str, str]:
    persona = PERSONAS[number]
    return {
        "id_number": number,
        "full_name": persona.full_name,
        "birth_date": str(persona.birth_date),
    }


def those(table: Container[str]) -> list[str]:
    return [number for number, behaviour in BY_BEHAVIOUR.items() if behaviour in table]


def test_every_behaviour_of_the_national_side_is_in_a_table() -> None:
    assert set(BY_BEHAVIOUR.values()) == ANSWERED.keys() | TROUBLED.keys() | ELSEWHERE


@pytest.mark.parametrize("number", those(ANSWERED))
async def test_a_persona_is_answered(gateway: Gateway, number: str) -> None:
    answer = await gateway.look_up(await gateway.sign_in(), a_lookup(citizen=about(number)))
    body, expected = answer.json(), ANSWERED[BY_BEHAVIOUR[number]]
    (outcome,) = await gateway.records("lookup.outcome")
    assert answer.status_code == 200, answer.text
    assert body["outcome"] == outcome["outcome"] == expected
    assert body["paper"]["may_ask"] is bool(outcome["paper_may_ask"]) is False
    assert body["paper"]["which"] == []
    assert answer.headers["X-Lookup-Id"] == body["lookup_id"] == outcome["lookup_id"]
    if expected == FOUND:
        assert body["citizen"]["id_number"] == number
        assert same_name(PERSONAS[number].full_name, body["citizen"]["full_name"])
    else:
        is_changed = BY_BEHAVIOUR[number] == "other_number"
        assert body["citizen"] is None
        assert [notice["code"] for notice in body["notices"]] == ["number_changed"] * is_changed


@pytest.mark.parametrize("number", those(TROUBLED))
async def test_a_persona_in_trouble_is_a_problem(gateway: Gateway, number: str) -> None:
    answer = await gateway.look_up(await gateway.sign_in(), a_lookup(citizen=about(number)))
    body = answer.json()
    (outcome,) = await gateway.records("lookup.outcome")
    assert (answer.status_code, body["code"], body["paper"]["may_ask"]) == TROUBLED[BY_BEHAVIOUR[number]]
    assert (outcome["problem_code"], bool(outcome["paper_may_ask"])) == (
        body["code"],
        body["paper"]["may_ask"],
    )
    assert body["origin"] == "national"
    assert answer.headers["X-Lookup-Id"] == body["lookup_id"] == outcome["lookup_id"]
    assert "citizen" not in body
    assert not any(value in answer.text for value in about(number).values())


async def test_a_citizen_is_found_by_the_number_of_the_former_card(gateway: Gateway) -> None:
    body = a_lookup(citizen={"id_number": "990000017"})
    answer = (await gateway.look_up(await gateway.sign_in(), body)).json()
    assert (answer["outcome"], answer["citizen"]["id_number"]) == ("found", "099190000017")


async def test_a_citizen_of_whom_only_the_year_is_known_is_found_by_year(gateway: Gateway) -> None:
    answer = (await gateway.look_up(await gateway.sign_in(), a_lookup(citizen=about("099145000101")))).json()
    assert answer["citizen"]["birth_date"] == {"value": "1945", "precision": "year"}


async def test_a_wrong_birth_date_is_nobody(gateway: Gateway) -> None:
    answer = await gateway.look_up(await gateway.sign_in(), a_lookup(citizen={"birth_date": "1990-05-10"}))
    assert answer.json()["outcome"] == "not_found"
