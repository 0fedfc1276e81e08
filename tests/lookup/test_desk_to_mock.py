"""The whole once: from the desk to the national side and back, with its evidence."""

from tests.gateway import Gateway
from tests.world import a_lookup


async def test_a_found_citizen_is_disclosed_with_the_permitted_fields_only(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    answer = await gateway.look_up(token)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["outcome"] == "found"
    assert set(body["citizen"]) == {
        "id_number",
        "full_name",
        "birth_date",
        "permanent_residence",
        "current_residence",
    }
    kinds = [record["kind"] for record in await gateway.records()]
    assert kinds == [
        "writer.opened",
        "sign_in.succeeded",
        "notice.accepted",
        "lookup.intent",
        "lookup.outcome",
    ]


async def test_an_unknown_person_opens_paper_only_after_a_second_entry(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    nobody = {"id_number": "099090000109", "full_name": "Hoàng Văn Không", "birth_date": "1990-01-01"}
    first = (await gateway.look_up(token, a_lookup(citizen=nobody))).json()
    second = (await gateway.look_up(token, a_lookup(citizen=nobody, retry_of=first["lookup_id"]))).json()
    assert (first["outcome"], first["paper"]["may_ask"]) == ("not_found", False)
    assert (second["outcome"], second["paper"]["may_ask"]) == ("not_found", True)
