"""What a record says of a claim: yes, no, or nothing."""

import pytest

from app.lookup.claims import (
    NEEDED_FIELDS,
    CitizenClaim,
    ClaimKind,
    HouseholdClaim,
    ResidenceClaim,
    judge_claims,
    needed_fields,
)
from app.lookup.gazetteer import load_gazetteer
from app.lookup.values import Address, Citizen, CitizenId, FullName, OldIdNumber, Person
from app.lookup.verdicts import Verdict, agreed, all_of
from app.procedures.fields import Field
from tests.lookup_fakes import a_citizen

YES, NO, UNKNOWN = Verdict.YES, Verdict.NO, Verdict.UNKNOWN
HEAD = Person("TRẦN VĂN BỐN", "099060000018", "990000018")
NAME, NUMBER = FullName("Trần Văn Bốn"), CitizenId("099060000018")
HEADED, MEMBER = ClaimKind.HOUSEHOLD_HEAD, ClaimKind.HOUSEHOLD_MEMBER
HOUSEHOLD = a_citizen(household_head=HEAD, relation_to_head="CH03")


def judge(claim: CitizenClaim, citizen: Citizen | None) -> Verdict:
    (verdict,) = judge_claims((claim,), citizen, load_gazetteer())
    return verdict


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (HouseholdClaim(HEADED, NAME), YES),
        (HouseholdClaim(HEADED, FullName("Tran Van Bon")), YES),
        (HouseholdClaim(HEADED, FullName("Trần Văn Bón")), NO),
        (HouseholdClaim(HEADED, None, NUMBER), YES),
        (HouseholdClaim(HEADED, None, OldIdNumber("990000018")), YES),
        (HouseholdClaim(HEADED, None, CitizenId("099060000019")), NO),
        (HouseholdClaim(HEADED, NAME, NUMBER), YES),
        (HouseholdClaim(HEADED, NAME, CitizenId("099060000019")), NO),
        (HouseholdClaim(HEADED, FullName("Bùi Văn Hỏi"), NUMBER), NO),
        (HouseholdClaim(MEMBER, NAME), YES),
        (HouseholdClaim(MEMBER, NAME, None, "CH03"), YES),
        (HouseholdClaim(MEMBER, NAME, None, "ch03 "), YES),
        (HouseholdClaim(MEMBER, NAME, None, "CH02"), NO),
        (HouseholdClaim(MEMBER, NAME, None, "Con"), UNKNOWN),
        (HouseholdClaim(MEMBER, FullName("Bùi Văn Hỏi"), None, "Con"), NO),
    ],
)
def test_a_household_claim_holds_where_all_that_it_says_does(
    claim: HouseholdClaim, expected: Verdict
) -> None:
    assert judge(claim, HOUSEHOLD) is expected


@pytest.mark.parametrize(
    ("head", "claim"),
    [
        (None, HouseholdClaim(HEADED, NAME)),
        (Person(), HouseholdClaim(HEADED, NAME)),
        (Person(), HouseholdClaim(HEADED, None, NUMBER)),
        (Person(full_name="TRẦN VĂN BỐN"), HouseholdClaim(HEADED, NAME, NUMBER)),
        (Person(id_number="099060000018"), HouseholdClaim(HEADED, None, OldIdNumber("990000018"))),
        (HEAD, HouseholdClaim(MEMBER, NAME, None, "CH03")),
    ],
)
def test_what_the_record_leaves_out_is_neither_confirmed_nor_denied(
    head: Person | None, claim: HouseholdClaim
) -> None:
    assert judge(claim, a_citizen(household_head=head)) is UNKNOWN


def test_each_residence_is_compared_with_its_own_address() -> None:
    citizen = a_citizen(current_residence=Address("Thôn Mẫu Hai", "99222", "992", "99", "VN"))
    there = Address("Thôn Mẫu Hai", "99222", "992", "99")
    assert judge(ResidenceClaim(ClaimKind.CURRENT_RESIDENCE, there), citizen) is YES
    assert judge(ResidenceClaim(ClaimKind.PERMANENT_RESIDENCE, there), citizen) is NO


def test_an_address_the_record_does_not_have_is_unknown() -> None:
    claim = ResidenceClaim(ClaimKind.CURRENT_RESIDENCE, Address("Thôn Mẫu Hai"))
    assert judge(claim, a_citizen()) is UNKNOWN


def test_without_a_citizen_nothing_is_known() -> None:
    claims = (HouseholdClaim(HEADED, NAME), HouseholdClaim(MEMBER, NAME))
    assert judge_claims(claims, None, load_gazetteer()) == (UNKNOWN, UNKNOWN)


def test_every_kind_of_claim_needs_a_field() -> None:
    assert set(NEEDED_FIELDS) == set(ClaimKind)
    assert all(NEEDED_FIELDS.values())
    claims = (HouseholdClaim(MEMBER, NAME), ResidenceClaim(ClaimKind.CURRENT_RESIDENCE, Address("x")))
    assert needed_fields(claims) == {Field.HOUSEHOLD_HEAD, Field.RELATION_TO_HEAD, Field.CURRENT_RESIDENCE}


def test_a_claim_does_not_print_what_it_says() -> None:
    claim = ResidenceClaim(ClaimKind.CURRENT_RESIDENCE, Address("Thôn Bí Mật"))
    other = HouseholdClaim(MEMBER, NAME, NUMBER, "CH77")
    printed = f"{claim!r} {claim} {other!r} {other}"
    assert not any(secret in printed for secret in ("Bí Mật", "Bốn", "099060000018", "CH77"))


def test_one_no_refutes_and_silence_confirms_nothing() -> None:
    assert all_of([YES, NO, UNKNOWN]) is NO
    assert all_of([YES, UNKNOWN]) is UNKNOWN
    assert all_of([YES, YES]) is YES
    assert all_of([]) is UNKNOWN


def test_readings_that_differ_tell_nothing() -> None:
    assert agreed([YES, YES]) is YES
    assert agreed([YES, NO]) is UNKNOWN
    assert agreed([]) is UNKNOWN
