"""What a verification claims of a citizen, and whether the citizen's record says so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.lookup.addresses import AddressLines, compare_addresses
from app.lookup.gazetteer import Gazetteer
from app.lookup.names import same_name
from app.lookup.values import Address, Citizen, CitizenId, FullName, IdNumber, Person
from app.lookup.verdicts import Verdict, all_of
from app.procedures.fields import Field

MOST_CLAIMS: Final = 5
_RELATION_CODE: Final = re.compile(r"[A-Z]{2}[0-9]{2}")


class ClaimKind(StrEnum):
    """What a claim is about."""

    PERMANENT_RESIDENCE = "permanent_residence"
    CURRENT_RESIDENCE = "current_residence"
    HOUSEHOLD_HEAD = "household_head"
    HOUSEHOLD_MEMBER = "household_member"


NEEDED_FIELDS: Final[Mapping[ClaimKind, frozenset[Field]]] = {
    ClaimKind.PERMANENT_RESIDENCE: frozenset({Field.PERMANENT_RESIDENCE}),
    ClaimKind.CURRENT_RESIDENCE: frozenset({Field.CURRENT_RESIDENCE}),
    ClaimKind.HOUSEHOLD_HEAD: frozenset({Field.HOUSEHOLD_HEAD}),
    ClaimKind.HOUSEHOLD_MEMBER: frozenset({Field.HOUSEHOLD_HEAD, Field.RELATION_TO_HEAD}),
}
"""Who may not see these fields may not learn by a claim what they say."""


@dataclass(frozen=True, slots=True)
class ResidenceClaim:
    """That the citizen lives at an address, permanently or now."""

    kind: ClaimKind
    address: Address = field(repr=False)


@dataclass(frozen=True, slots=True)
class HouseholdClaim:
    """Who heads the citizen's household, or that the citizen belongs to that head's as *relation*."""

    kind: ClaimKind
    head_name: FullName | None = None
    head_number: IdNumber | None = None
    relation: str | None = field(default=None, repr=False)


CitizenClaim = ResidenceClaim | HouseholdClaim


def needed_fields(claims: tuple[CitizenClaim, ...]) -> frozenset[Field]:
    """Return the fields that must be permitted for all of *claims*."""
    return frozenset().union(*(NEEDED_FIELDS[claim.kind] for claim in claims))


def judge_claims(
    claims: tuple[CitizenClaim, ...], citizen: Citizen | None, gazetteer: Gazetteer
) -> tuple[Verdict, ...]:
    """Return a verdict on each claim; all UNKNOWN where there is no citizen to judge them by."""
    if citizen is None:
        return (Verdict.UNKNOWN,) * len(claims)
    lines = AddressLines()
    return tuple(_judge(claim, citizen, gazetteer, lines) for claim in claims)


def _judge(claim: CitizenClaim, citizen: Citizen, gazetteer: Gazetteer, lines: AddressLines) -> Verdict:
    if isinstance(claim, HouseholdClaim):
        return _judge_household(claim, citizen)
    is_permanent = claim.kind is ClaimKind.PERMANENT_RESIDENCE
    address = citizen.permanent_residence if is_permanent else citizen.current_residence
    if address is None:
        return Verdict.UNKNOWN
    return compare_addresses(gazetteer, claim.address, address, lines)


def _judge_household(claim: HouseholdClaim, citizen: Citizen) -> Verdict:
    head = citizen.household_head
    if head is None:
        return Verdict.UNKNOWN
    verdicts = []
    if claim.head_name is not None:
        verdicts.append(_is_called(claim.head_name, head))
    if claim.head_number is not None:
        verdicts.append(_has_number(claim.head_number, head))
    if claim.relation is not None:
        verdicts.append(_is_related(claim.relation, citizen.relation_to_head))
    return all_of(verdicts)


def _is_called(name: FullName, head: Person) -> Verdict:
    if not head.full_name:
        return Verdict.UNKNOWN
    return Verdict.YES if same_name(name.text, head.full_name) else Verdict.NO


def _has_number(number: IdNumber, head: Person) -> Verdict:
    known = head.id_number if isinstance(number, CitizenId) else head.old_id_number
    if not known:
        return Verdict.UNKNOWN
    return Verdict.YES if number.digits == known else Verdict.NO


def _is_related(relation: str, recorded: str | None) -> Verdict:
    """Compare relations by their codes; what is no code is no ground for saying no."""
    asked, known = relation.strip().upper(), (recorded or "").strip().upper()
    if asked == known:
        return Verdict.YES
    both_are_codes = _RELATION_CODE.fullmatch(asked) and _RELATION_CODE.fullmatch(known)
    return Verdict.NO if both_are_codes else Verdict.UNKNOWN
