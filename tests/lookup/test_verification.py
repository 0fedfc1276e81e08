"""The story of a verification: a lookup's, with verdicts at its end and no data anywhere."""

import asyncio
from datetime import date
from typing import Any

import pytest

from app.audit.record import Outcome, RecordKind
from app.errors import InvalidRequestError, NotAllowedError, ProblemCode, SourceSilentError
from app.lookup.claims import ClaimKind as Kind
from app.lookup.claims import HouseholdClaim, ResidenceClaim, needed_fields
from app.lookup.command import LookupCommand
from app.lookup.data_faults import NUMBER_CHANGED
from app.lookup.evidence import intent_draft
from app.lookup.paper import PaperReason
from app.lookup.values import Address, Citizen, FullName
from app.lookup.verdicts import Verdict
from app.lookup.verification_schemas import VerificationRequest, to_verification
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.values import QuestionType
from tests.lookup_fakes import Desk, StandingView, a_catalogue, a_citizen, a_command, a_procedure
from tests.world import a_lookup

HOME = ResidenceClaim(Kind.PERMANENT_RESIDENCE, Address("Thôn Mẫu Một", "99111", "991", "99"))
NOW = ResidenceClaim(Kind.CURRENT_RESIDENCE, Address("Thôn Mẫu Hai"))
HEAD = HouseholdClaim(Kind.HOUSEHOLD_HEAD, FullName("Trần Văn Bốn"))
ELSEWHERE = ResidenceClaim(Kind.PERMANENT_RESIDENCE, Address("Thôn Mẫu Ba", "99111", "991", "99"))
DAY = date(2026, 5, 6)


def a_verification(*claims: Any) -> LookupCommand:
    return a_command(citizen_claims=claims, fields=needed_fields(claims))


def a_desk(answer: Citizen | BaseException | None, **procedure: Any) -> Desk:
    desk = Desk(answer)
    usual = {"question_types": frozenset(QuestionType)} | procedure
    desk.catalogue = StandingView(a_catalogue(a_procedure(**usual)))
    desk.service._catalogue = desk.catalogue
    return desk


async def test_claims_are_answered_in_their_order_after_question_and_answer_are_on_record() -> None:
    desk = a_desk(a_citizen())
    disclosure = await desk.service.look_up(desk.caller, a_verification(HOME, ELSEWHERE, NOW))
    assert desk.journal == ["lookup.intent", "asked", "lookup.outcome"]
    assert disclosure.verdicts == (Verdict.YES, Verdict.NO, Verdict.UNKNOWN)
    assert (disclosure.outcome, disclosure.citizen) == (Outcome.FOUND, None)


async def test_the_record_says_what_kinds_were_claimed_and_neither_values_nor_verdicts() -> None:
    desk = a_desk(a_citizen())
    await desk.service.look_up(desk.caller, a_verification(HOME, ELSEWHERE, NOW))
    (intent,) = desk.log.of(RecordKind.LOOKUP_INTENT)
    outcome = desk.outcome()
    assert intent.facts["question_type"] == "verification"
    assert intent.facts["claims_asked"] == "current_residence permanent_residence permanent_residence"
    assert intent.facts["fields_asked"] == "current_residence permanent_residence"
    assert (outcome["claims_answered"], outcome["fields_disclosed"]) == (2, "")
    written = f"{intent.facts} {intent.subject!r} {outcome}"
    assert not any(value in written for value in ("Mẫu", "99111", "true", "false"))


async def test_a_lookups_record_says_nothing_of_claims() -> None:
    desk = a_desk(a_citizen())
    await desk.service.look_up(desk.caller, a_command())
    said = desk.log.drafts[0].facts.keys() | desk.outcome().keys()
    assert not {"question_type", "claims_asked", "claims_answered"} & said


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(None, Outcome.NOT_FOUND), (a_citizen(full_name="BÙI VĂN ĐÁP"), Outcome.MISMATCH)],
)
async def test_claims_about_nobody_or_somebody_else_stay_unknown(
    answer: Citizen | None, outcome: Outcome
) -> None:
    desk = a_desk(answer)
    disclosure = await desk.service.look_up(desk.caller, a_verification(HOME, NOW))
    assert (disclosure.outcome, set(disclosure.verdicts)) == (outcome, {Verdict.UNKNOWN})
    assert desk.outcome()["claims_answered"] == 0


async def test_a_number_that_changed_is_told_of_as_a_lookup_tells_it() -> None:
    desk = a_desk(a_citizen(id_number="099190000018"))
    disclosure = await desk.service.look_up(desk.caller, a_verification(HOME))
    assert (disclosure.outcome, disclosure.faults) == (Outcome.MISMATCH, (NUMBER_CHANGED,))
    assert disclosure.paper.because is PaperReason.NUMBER_CHANGED_ENTER_AGAIN
    assert desk.outcome()["data_faults"] == "number_changed"


async def test_a_verification_is_refused_where_the_catalogue_does_not_list_it() -> None:
    desk = a_desk(a_citizen(), question_types=frozenset({QuestionType.LOOKUP}))
    with pytest.raises(NotAllowedError) as refused:
        await desk.service.look_up(desk.caller, a_verification(HOME))
    assert refused.value.code is ProblemCode.QUESTION_TYPE_NOT_PERMITTED
    assert desk.journal == ["lookup.refused"]
    assert desk.log.drafts[0].facts["claims_asked"] == "permanent_residence"


async def test_a_claim_about_a_field_the_procedure_does_not_need_is_refused_and_pointed_to() -> None:
    desk = a_desk(a_citizen())
    with pytest.raises(NotAllowedError) as refused:
        await desk.service.look_up(desk.caller, a_verification(HOME, HEAD))
    assert (refused.value.code, refused.value.fields) == (ProblemCode.FIELD_NOT_PERMITTED, ("/claims",))
    assert desk.source.requests == []


async def test_membership_needs_the_relation_too() -> None:
    fields = dict.fromkeys({*DEFAULT_FIELDS, Field.HOUSEHOLD_HEAD}, "Điều 14")
    desk = a_desk(a_citizen(), fields=fields)
    await desk.service.look_up(desk.caller, a_verification(HEAD))
    member = HouseholdClaim(Kind.HOUSEHOLD_MEMBER, FullName("Trần Văn Bốn"))
    with pytest.raises(NotAllowedError):
        await desk.service.look_up(desk.caller, a_verification(member))


async def test_a_silent_national_side_closes_a_verification_as_it_does_a_lookup() -> None:
    desk = a_desk(SourceSilentError("timeout"))
    with pytest.raises(SourceSilentError):
        await desk.service.look_up(desk.caller, a_verification(HOME))
    assert desk.outcome()["outcome"] == "upstream_unavailable"
    assert "claims_answered" not in desk.outcome()


async def test_an_abandoned_verification_is_closed_as_unknown() -> None:
    desk = a_desk(a_citizen())
    desk.source.gate = asyncio.Event()
    task = asyncio.ensure_future(desk.service.look_up(desk.caller, a_verification(HOME)))
    await desk.source.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.outcome()["outcome"] == "unknown"


async def test_a_verification_tells_nothing_of_the_record_that_was_not_claimed() -> None:
    faulty = a_citizen(permanent_residence=None)
    shown = await (desk := a_desk(faulty)).service.look_up(desk.caller, a_command())
    told = await (desk := a_desk(faulty)).service.look_up(desk.caller, a_verification(NOW))
    assert [notice.fault for notice in shown.faults] != []
    assert (told.faults, told.notices, told.citizen) == ((), (), None)
    assert "data_faults" not in desk.outcome()


def test_what_is_claimed_is_not_sealed_with_the_person() -> None:
    desk = a_desk(None)
    permit = desk.service._permit(desk.caller, a_verification(HOME), desk.clock.now())
    draft = intent_draft(desk.caller, a_verification(HOME), asyncio.run(permit), "road", desk.clock.now())
    assert "Mẫu" not in (draft.subject or b"").decode()


def parsed(*claims: dict[str, Any]) -> LookupCommand:
    body = VerificationRequest.model_validate_json(
        VerificationRequest.model_construct(**a_lookup(claims=list(claims))).model_dump_json(warnings=False)
    )
    return to_verification(body, DAY, None)


def test_claims_are_parsed_with_the_fields_they_need() -> None:
    command = parsed(
        {"kind": "current_residence", "address": {"line": " Thôn  Mẫu Hai ", "commune_code": "26740"}},
        {"kind": "household_member", "full_name": "Trần Văn Bốn", "id_number": "099060000018"},
    )
    first, second = command.citizen_claims
    assert isinstance(first, ResidenceClaim)
    assert first.address == Address("Thôn Mẫu Hai", "26740")
    assert isinstance(second, HouseholdClaim)
    assert second.relation is None
    needed = {Field.CURRENT_RESIDENCE, Field.HOUSEHOLD_HEAD, Field.RELATION_TO_HEAD}
    assert command.fields == frozenset(needed)
    assert command.question_type is QuestionType.VERIFICATION


LIVES, HEADED, BELONGS = "permanent_residence", "household_head", "household_member"
SOMEWHERE = {"line": "Thôn Mẫu"}


@pytest.mark.parametrize(
    ("claim", "pointer"),
    [
        ({"kind": LIVES}, "/claims/0/address"),
        ({"kind": LIVES, "address": {}}, "/claims/0/address"),
        ({"kind": LIVES, "address": {"line": " "}}, "/claims/0/address/line"),
        ({"kind": LIVES, "address": {"line": "a" * 201}}, "/claims/0/address/line"),
        ({"kind": LIVES, "address": {"line": "a\u0000b"}}, "/claims/0/address/line"),
        ({"kind": LIVES, "address": {"commune_code": "2674"}}, "/claims/0/address/commune_code"),
        ({"kind": LIVES, "address": {"commune_code": ""}}, "/claims/0/address/commune_code"),
        ({"kind": LIVES, "address": {"district_code": "76o"}}, "/claims/0/address/district_code"),
        ({"kind": LIVES, "address": {"province_code": "٧٩"}}, "/claims/0/address/province_code"),
        ({"kind": LIVES, "address": SOMEWHERE, "full_name": "Trần Văn Bốn"}, "/claims/0/full_name"),
        ({"kind": LIVES, "address": SOMEWHERE, "relation": "CH01"}, "/claims/0/relation"),
        ({"kind": HEADED}, "/claims/0"),
        ({"kind": HEADED, "address": SOMEWHERE, "full_name": "Trần Văn Bốn"}, "/claims/0/address"),
        ({"kind": HEADED, "full_name": "Trần Văn Bốn", "relation": "CH01"}, "/claims/0/relation"),
        ({"kind": HEADED, "full_name": "1234"}, "/claims/0/full_name"),
        ({"kind": BELONGS, "id_number": "12"}, "/claims/0/id_number"),
        ({"kind": BELONGS, "relation": "CH01"}, "/claims/0"),
        ({"kind": BELONGS, "full_name": "Trần Văn Bốn", "relation": "\n"}, "/claims/0/relation"),
    ],
)
def test_a_claim_that_cannot_be_meant_is_pointed_to(claim: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parsed(claim)
    assert refused.value.fields == (pointer,)
