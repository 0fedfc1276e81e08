"""Who is married to whom and whose parents they are, worked out from the numbers alone."""

from mock_c06.citizen import Sex
from mock_c06.draws import Draw
from mock_c06.identity import UNASSIGNED_PLACE, birth_year_of, compose_citizen_id, identity_of

LAST_BIRTH_YEAR_OF_MARRIED = 2000
BIRTH_YEARS_WITH_KNOWN_PARENTS = range(1940, 2040)
SEARCHES_FOR_A_FATHER = 150

# The family of the sample answer.
_COUPLES = (("099190000017", "099192000020"), ("099060000018", "099162000019"))
_SPOUSES = dict(_COUPLES) | {wife: husband for husband, wife in _COUPLES}
_PARENTS = {"099190000017": ("099060000018", "099162000019")}


def spouse_of(citizen_id: str, seed: str) -> str | None:
    """Return the number of husband or wife, who names this citizen in turn; nothing for the unmarried.

    A couple shares its birth year. (A number under a real place code gets a spouse under the unassigned
    one, who names somebody else: the stand-in never invents a number that could be a living person's.)
    """
    if citizen_id in _SPOUSES:
        return _SPOUSES[citizen_id]
    partner = UNASSIGNED_PLACE + _flip(citizen_id[3]) + citizen_id[4:11] + _flip(citizen_id[11])
    if partner in _SPOUSES or birth_year_of(citizen_id) > LAST_BIRTH_YEAR_OF_MARRIED:
        return None
    is_married = Draw(seed, "couple", min(citizen_id, partner)).below(4) > 0
    return partner if is_married else None


def parents_of(citizen_id: str, seed: str) -> tuple[str, str] | None:
    """Return the numbers of father and mother: a married couple of whom he has the child's family name."""
    if citizen_id in _PARENTS:
        return _PARENTS[citizen_id]
    birth_year = birth_year_of(citizen_id)
    if birth_year not in BIRTH_YEARS_WITH_KNOWN_PARENTS:
        return None
    family_name = _family_name(citizen_id, seed)
    for attempt in range(SEARCHES_FOR_A_FATHER):
        draw = Draw(seed, "father", citizen_id, str(attempt))
        serial = f"{draw.below(10**6):06d}"
        father = compose_citizen_id(Sex.MALE, birth_year - 24 - draw.below(16), serial)
        mother = spouse_of(father, seed)
        if mother and _family_name(father, seed) == family_name:
            return father, mother
    return None


def head_of(citizen_id: str, seed: str) -> str:
    """Return the number of the head of the household: one of the couple, a child's parents' head, oneself."""
    if spouse := spouse_of(citizen_id, seed):
        return _head_of_couple(citizen_id, spouse, seed)
    parents = parents_of(citizen_id, seed)
    if parents and birth_year_of(citizen_id) > LAST_BIRTH_YEAR_OF_MARRIED:
        return _head_of_couple(*parents, seed)
    return citizen_id


def _head_of_couple(one: str, other: str, seed: str) -> str:
    couple = sorted((one, other))
    return Draw(seed, "head", *couple).pick(couple)


def _family_name(citizen_id: str, seed: str) -> str:
    return identity_of(citizen_id, seed).full_name.split()[0]


def _flip(digit: str) -> str:
    return str(int(digit) ^ 1)
