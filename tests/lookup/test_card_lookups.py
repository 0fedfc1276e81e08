"""Lookups by a card's QR code: what they ask, what they say of paper, what the officer is told."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.audit.record import Outcome
from app.errors import InvalidRequestError, NotAllowedError, ProblemCode
from app.lookup.card_qr import Card
from app.lookup.command import LookupCommand
from app.lookup.dossier import DossierCode
from app.lookup.dossier_book import DossierState
from app.lookup.paper import PaperReason
from app.lookup.texts import Notice
from app.lookup.values import Address, OldIdNumber
from app.procedures.fields import Field
from tests.gateway import Gateway
from tests.lookup.asking import command_of
from tests.lookup_fakes import Desk, a_citizen, a_command, a_question
from tests.world import a_lookup

PRINTED = "Số 5 Đường Thử, Xã Mẫu, Huyện Mẫu, Tỉnh Mẫu"
THU = f"099190000017|990000017|Trần Văn Thử|09051990|Nam|{PRINTED}|01072021"
NOBODY = f"099090000109||Hoàng Văn Không|01011990|Nam|{PRINTED}|01072021"
HOME = Address("SỐ 5 ĐƯỜNG THỬ, XÃ MẪU", "99111", "991", "99", "VN")
AWAY = Address("SỐ 7 ĐƯỜNG THỬ, XÃ MẪU", "99111", "991", "99", "VN")
SAIGON = "12 Lê Lợi, Phường Bến Nghé, Quận 1, TP. Hồ Chí Minh"
ITS_WARD_OF_TODAY = Address("SỐ 12 ĐƯỜNG LÊ LỢI", "26740", None, "79", "VN")
HANOI = Address("SỐ 12 ĐƯỜNG LÊ LỢI", "00004", None, "01", "VN")


def by_card(content: str | None = THU, **changes: Any) -> dict[str, Any]:
    body = a_lookup(verification_method="qr_reader", card_qr=content) | changes
    return {name: value for name, value in body.items() if name != "citizen"}


def a_card_command(**changes: Any) -> LookupCommand:
    values: dict[str, Any] = {
        "keeps_accents": True,
        "old_id_number": OldIdNumber("990000017"),
        "printed_address": PRINTED,
    }
    fields = changes.pop("fields", None)
    return a_command(card=Card(a_question(), **(values | changes)), fields=fields)


def test_the_card_asks_the_question_that_would_be_typed() -> None:
    command = command_of(by_card())
    assert command.question == command_of(a_lookup()).question
    assert command.card is not None
    assert command.card.printed_address == PRINTED


@pytest.mark.parametrize("method", ["chip_card", "qr_reader", "chip_reader"])
def test_ways_in_which_the_card_is_at_hand_fit_its_code(method: str) -> None:
    assert command_of(by_card(verification_method=method)).verification_method.value == method


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"citizen": a_lookup()["citizen"]}, ("/citizen", "/card_qr")),
        ({"card_qr": None}, ("/citizen", "/card_qr")),
        ({"verification_method": "online_lookup"}, ("/verification_method",)),
        ({"verification_method": "vneid"}, ("/verification_method",)),
        ({"verification_method": "ct07_confirmation"}, ("/verification_method",)),
    ],
)
def test_a_body_has_one_question_and_a_method_that_fits(
    changes: dict[str, Any], fields: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        command_of(by_card() | changes)
    assert (caught.value.code, caught.value.fields) == (ProblemCode.INVALID_VALUE, fields)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(None, PaperReason.NOT_FOUND), (a_citizen(full_name="BÙI VĂN ĐÁP"), PaperReason.MISMATCH)],
)
async def test_a_read_card_counts_as_data_entered_again(answer: Any, reason: PaperReason) -> None:
    desk = Desk(answer)
    disclosure = await desk.service.look_up(desk.caller, a_card_command())
    assert (disclosure.paper.may_ask, disclosure.paper.because) == (True, reason)
    assert disclosure.notices == ()
    assert desk.log.drafts[0].facts["entered_by"] == "card_qr"
    assert desk.outcome()["paper_may_ask"] == 1


async def test_a_card_read_without_accents_opens_no_paper() -> None:
    desk = Desk(None)
    disclosure = await desk.service.look_up(desk.caller, a_card_command(keeps_accents=False))
    assert (disclosure.paper.may_ask, disclosure.paper.because) == (
        False,
        PaperReason.NOT_FOUND_ENTER_AGAIN,
    )
    assert desk.log.drafts[0].facts["entered_by"] == "card_qr_without_accents"


async def test_a_card_may_be_read_at_the_second_entry_too_but_of_a_lookup_that_was() -> None:
    desk = Desk(None)
    first = await desk.service.look_up(desk.caller, a_command())
    card = a_card_command().card
    second = await desk.service.look_up(desk.caller, a_command(card=card, retry_of=first.lookup_id))
    assert second.paper.may_ask
    with pytest.raises(InvalidRequestError):
        await desk.service.look_up(desk.caller, a_command(card=card, retry_of=UUID(int=0)))


@pytest.mark.parametrize(
    ("card", "citizen", "told"),
    [
        ({}, {"permanent_residence": HOME, "old_id_number": "990000017"}, ()),
        ({}, {"permanent_residence": HOME, "old_id_number": None}, ()),
        ({}, {"permanent_residence": None, "old_id_number": ""}, ()),
        ({"printed_address": None}, {"permanent_residence": Address("Ấp Bình Tây")}, ()),
        ({"printed_address": "Số 5 đường Thử, xã Cũ"}, {"permanent_residence": HOME}, ()),
        ({"old_id_number": None}, {"permanent_residence": HOME, "old_id_number": "990000099"}, ()),
        ({}, {"permanent_residence": Address("Ấp Bình Tây, xã Mẫu")}, ()),  # the record may say less
        ({}, {"permanent_residence": AWAY}, (Notice.PRINTED_ADDRESS_DIFFERS,)),
        ({"printed_address": SAIGON}, {"permanent_residence": ITS_WARD_OF_TODAY}, ()),
        ({"printed_address": SAIGON}, {"permanent_residence": HANOI}, (Notice.PRINTED_ADDRESS_DIFFERS,)),
        ({}, {"permanent_residence": HOME, "old_id_number": "990000099"}, (Notice.OLD_NUMBER_DIFFERS,)),
        (
            {},
            {"permanent_residence": AWAY, "old_id_number": "990000099"},
            (Notice.PRINTED_ADDRESS_DIFFERS, Notice.OLD_NUMBER_DIFFERS),
        ),
    ],
)
async def test_where_card_and_record_differ_the_officer_is_told(
    card: dict[str, Any], citizen: dict[str, Any], told: tuple[Notice, ...]
) -> None:
    desk = Desk(a_citizen(**citizen))
    disclosure = await desk.service.look_up(desk.caller, a_card_command(**card))
    assert disclosure.notices == told
    assert desk.outcome().get("notices") == (" ".join(sorted(told)) or None)


async def test_whoever_may_not_see_the_address_is_not_told_that_it_differs() -> None:
    desk = Desk(a_citizen(permanent_residence=AWAY))
    command = a_card_command(fields=frozenset({Field.FULL_NAME}))
    assert (await desk.service.look_up(desk.caller, command)).notices == ()


async def test_without_a_card_nothing_is_compared() -> None:
    desk = Desk(a_citizen(permanent_residence=AWAY, old_id_number="990000099"))
    assert (await desk.service.look_up(desk.caller, a_command())).notices == ()


@dataclass(frozen=True)
class OneBook:
    """A one-stop software that says the same of every dossier."""

    state: DossierState

    async def state_of(self, dossier: DossierCode) -> DossierState:  # noqa: ARG002 - the port's signature
        return self.state


@pytest.mark.parametrize("state", [DossierState.OPEN, DossierState.UNKNOWN])
async def test_a_dossier_that_is_open_or_not_known_stands_in_nobodys_way(state: DossierState) -> None:
    desk = Desk(a_citizen(), dossiers=OneBook(state))
    assert (await desk.service.look_up(desk.caller, a_command())).outcome is Outcome.FOUND


async def test_nobody_is_looked_up_for_a_dossier_that_is_closed() -> None:
    desk = Desk(a_citizen(), dossiers=OneBook(DossierState.CLOSED))
    with pytest.raises(NotAllowedError) as caught:
        await desk.service.look_up(desk.caller, a_command())
    assert caught.value.code is ProblemCode.DOSSIER_NOT_OPEN
    assert (desk.journal, desk.log.drafts[0].facts["problem_code"]) == (
        ["lookup.refused"],
        "dossier_not_open",
    )


async def test_a_scanned_card_finds_its_citizen_and_leaves_no_address(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    mangled = "]Q1" + THU.replace("Số 5", "Ấp Bình Tây").encode().decode("latin-1") + "\r\n"
    answer = await gateway.look_up(token, by_card(mangled), Accept_Language="en")
    assert answer.status_code == 200, answer.text
    assert answer.json()["outcome"] == "found"
    (intent,) = await gateway.records("lookup.intent")
    assert (intent["entered_by"], intent["verification_method"]) == ("card_qr", "qr_reader")
    refused = await gateway.look_up(token, by_card(THU[3:]))
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_card_qr")
    assert refused.json()["errors"] == [{"pointer": "/card_qr"}]
    unknown = await gateway.look_up(token, by_card(NOBODY))
    assert (unknown.json()["outcome"], unknown.json()["paper"]["may_ask"]) == ("not_found", True)


async def test_notices_reach_the_officer_in_their_language(gateway: Gateway) -> None:
    content = THU.replace(PRINTED, "12 Lê Lợi, Phường Bến").replace("990000017|", "990000099|")
    answer = await gateway.look_up(await gateway.sign_in(), by_card(content), Accept_Language="en")
    notices = {notice["code"]: notice["text"] for notice in answer.json()["notices"]}
    assert list(notices) == [
        "no_residence_history",
        "valid_at_retrieval",
        "printed_address_differs",
        "old_number_differs",
    ]
    assert notices["printed_address_differs"].startswith("The address on the card")
    (outcome,) = await gateway.records("lookup.outcome")
    assert outcome["notices"] == "old_number_differs printed_address_differs"
