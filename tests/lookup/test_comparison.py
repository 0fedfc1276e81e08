from itertools import product

import pytest

from app.lookup.comparison import compare
from app.lookup.values import BirthDate, Citizen, CitizenId, FullName, IdNumber, OldIdNumber, Question

NUMBER = CitizenId("099190000017")
OLD_NUMBER = OldIdNumber("099000017")
NAME = "Trần Văn Thử"
BORN = BirthDate(1990, 5, 9)


def a_question(id_number: IdNumber = NUMBER, full_name: str = NAME, birth_date: BirthDate = BORN) -> Question:
    return Question(id_number, FullName(full_name), birth_date)


def a_citizen(
    id_number: str | None = NUMBER.digits,
    full_name: str = "TRẦN VĂN THỬ",
    birth_date: BirthDate | None = BORN,
    old_id_number: str | None = OLD_NUMBER.digits,
) -> Citizen:
    return Citizen(id_number, full_name, birth_date, old_id_number)


def test_a_record_that_says_what_was_asked_matches() -> None:
    assert compare(a_question(), a_citizen()) == frozenset()


def test_an_old_number_is_compared_with_the_old_number() -> None:
    assert compare(a_question(id_number=OLD_NUMBER), a_citizen()) == frozenset()


def test_a_personal_number_needs_no_old_number_in_the_record() -> None:
    assert compare(a_question(), a_citizen(old_id_number=None)) == frozenset()


def test_an_old_number_needs_no_personal_number_in_the_record() -> None:
    assert compare(a_question(id_number=OLD_NUMBER), a_citizen(id_number=None)) == frozenset()


@pytest.mark.parametrize(
    ("asked", "citizen"),
    [
        pytest.param(NUMBER, a_citizen(id_number="099190000018"), id="another number"),
        pytest.param(NUMBER, a_citizen(id_number=None), id="no number"),
        pytest.param(NUMBER, a_citizen(id_number=None, old_id_number=NUMBER.digits), id="the wrong place"),
        pytest.param(OLD_NUMBER, a_citizen(old_id_number="099000018"), id="another old number"),
        pytest.param(OLD_NUMBER, a_citizen(old_id_number=None), id="no old number"),
        pytest.param(
            OLD_NUMBER,
            a_citizen(id_number=OLD_NUMBER.digits, old_id_number=None),
            id="old in the wrong place",
        ),
    ],
)
def test_a_number_the_record_does_not_confirm_differs(asked: IdNumber, citizen: Citizen) -> None:
    assert compare(a_question(id_number=asked), citizen) == {"id_number"}


@pytest.mark.parametrize("returned", ["Trân Văn Thử", "Trần Văn Thứ", "Trần Thử", ""])
def test_another_name_differs(returned: str) -> None:
    assert compare(a_question(), a_citizen(full_name=returned)) == {"full_name"}


@pytest.mark.parametrize("returned", ["TRẦN  VĂN THƯ\u0309", "trần văn thử", "Trần-Văn-Thử"])
def test_another_spelling_of_the_same_name_does_not_differ(returned: str) -> None:
    assert compare(a_question(), a_citizen(full_name=returned)) == frozenset()


@pytest.mark.parametrize(
    ("asked", "returned"),
    [
        (BirthDate(1990), BirthDate(1990)),
        (BirthDate(1990), BirthDate(1990, 5, 9)),
        (BirthDate(1990, 5, 9), BirthDate(1990)),
        (BirthDate(1990, 5, 9), BirthDate(1990, 5)),
    ],
)
def test_where_one_side_knows_only_the_year_the_year_decides(asked: BirthDate, returned: BirthDate) -> None:
    assert compare(a_question(birth_date=asked), a_citizen(birth_date=returned)) == frozenset()


@pytest.mark.parametrize(
    ("asked", "returned"),
    [
        (BORN, BirthDate(1990, 5, 10)),
        (BORN, BirthDate(1990, 9, 5)),
        (BORN, BirthDate(1991, 5, 9)),
        (BORN, BirthDate(1991)),
        (BirthDate(1991), BORN),
        (BirthDate(1991), BirthDate(1990)),
        (BORN, None),
        (BirthDate(1990), None),
    ],
)
def test_a_birth_date_the_record_does_not_confirm_differs(
    asked: BirthDate, returned: BirthDate | None
) -> None:
    assert compare(a_question(birth_date=asked), a_citizen(birth_date=returned)) == {"birth_date"}


@pytest.mark.parametrize(("number", "name", "born"), list(product([True, False], repeat=3)))
def test_every_part_that_differs_is_named(*, number: bool, name: bool, born: bool) -> None:
    citizen = a_citizen(
        id_number=NUMBER.digits if number else "099190000018",
        full_name=NAME if name else "Lê Thị Thử",
        birth_date=BORN if born else BirthDate(1990, 9, 5),
    )

    expected = {
        part
        for part, is_same in (("id_number", number), ("full_name", name), ("birth_date", born))
        if not is_same
    }
    assert compare(a_question(), citizen) == expected


def test_the_parts_are_named_by_plain_strings() -> None:
    differing = compare(a_question(), a_citizen(None, "Lê Thị Thử", None))

    assert {type(part) for part in differing} == {str}
