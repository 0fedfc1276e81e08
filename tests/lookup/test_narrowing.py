import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.lookup.narrowing import disclosed_fields, narrow
from app.lookup.values import Address, BirthDate, Citizen, Person
from app.procedures.fields import DEFAULT_FIELDS, Field

ALL_FIELDS = frozenset(Field)
some_fields = st.frozensets(st.sampled_from(list(Field)))


def an_address(marker: str) -> Address:
    return Address(*(f"<{marker}.{part.name}>" for part in dataclasses.fields(Address)))


def a_person(marker: str) -> Person:
    return Person(*(f"<{marker}.{part.name}>" for part in dataclasses.fields(Person)))


def a_marked_citizen() -> Citizen:
    """A record in which every value names its own field."""
    return Citizen(
        id_number="<id_number>",
        old_id_number="<old_id_number>",
        full_name="<full_name>",
        birth_date=BirthDate(1990, 5, 9),
        sex="<sex>",
        permanent_residence=an_address("permanent_residence"),
        current_residence=an_address("current_residence"),
        household_head=a_person("household_head"),
        relation_to_head="<relation_to_head>",
        residence_file_number="<residence_file_number>",
        nationality="<nationality>",
        birth_registration_place=an_address("birth_registration_place"),
        home_place=an_address("home_place"),
        ethnicity="<ethnicity>",
        religion="<religion>",
        marital_status="<marital_status>",
        blood_group="<blood_group>",
        father=a_person("father"),
        mother=a_person("mother"),
        spouse=a_person("spouse"),
        representative=a_person("representative"),
    )


def a_bare_citizen() -> Citizen:
    return Citizen(id_number=None, full_name="TRẦN VĂN THỬ", birth_date=None)


def markers(field: Field) -> list[str]:
    if field is Field.BIRTH_DATE:
        return ["1990-05-09"]
    return [f"<{field.value}>", f"<{field.value}."]


def test_every_field_is_an_attribute_of_a_citizen_and_every_attribute_a_field() -> None:
    assert {part.name for part in dataclasses.fields(Citizen)} == {field.value for field in Field}


def test_the_marked_citizen_leaves_no_field_empty() -> None:
    assert all(getattr(a_marked_citizen(), field.value) is not None for field in Field)


@given(some_fields)
@settings(deadline=None)
def test_no_value_of_a_field_that_is_not_permitted_comes_through(permitted: frozenset[Field]) -> None:
    text = json.dumps(narrow(a_marked_citizen(), permitted))

    for field in ALL_FIELDS - permitted:
        assert not any(marker in text for marker in markers(field))


@given(some_fields)
@settings(deadline=None)
def test_every_permitted_field_comes_through(permitted: frozenset[Field]) -> None:
    text = json.dumps(narrow(a_marked_citizen(), permitted))

    for field in permitted:
        assert any(marker in text for marker in markers(field))


@given(some_fields, st.sampled_from([a_marked_citizen(), a_bare_citizen()]))
@settings(deadline=None)
def test_exactly_the_permitted_fields_are_named_in_their_order(
    permitted: frozenset[Field], citizen: Citizen
) -> None:
    assert list(narrow(citizen, permitted)) == [field.value for field in Field if field in permitted]


def test_with_nothing_permitted_nothing_is_shown() -> None:
    assert narrow(a_marked_citizen(), frozenset()) == {}


def test_names_of_fields_are_plain_strings() -> None:
    assert {type(name) for name in narrow(a_bare_citizen(), ALL_FIELDS)} == {str}


def test_the_default_fields_are_shown_like_this() -> None:
    citizen = Citizen(
        id_number="099190000017",
        full_name="TRẦN VĂN THỬ",
        birth_date=BirthDate(1990, 5, 9),
        permanent_residence=Address("Tổ 7", "99001", None, "99", "VN"),
        ethnicity="01",
    )

    assert narrow(citizen, DEFAULT_FIELDS) == {
        "id_number": "099190000017",
        "full_name": "TRẦN VĂN THỬ",
        "birth_date": {"value": "1990-05-09", "precision": "day"},
        "permanent_residence": {
            "line": "Tổ 7",
            "commune_code": "99001",
            "district_code": None,
            "province_code": "99",
            "country_code": "VN",
        },
        "current_residence": None,
    }


def test_a_person_is_shown_with_name_numbers_and_nationality() -> None:
    citizen = dataclasses.replace(a_bare_citizen(), household_head=Person(full_name="LÊ THỊ THỬ"))

    assert narrow(citizen, frozenset({Field.HOUSEHOLD_HEAD})) == {
        "household_head": {
            "full_name": "LÊ THỊ THỬ",
            "id_number": None,
            "old_id_number": None,
            "nationality": None,
        }
    }


def test_a_birth_year_alone_is_shown_as_such() -> None:
    citizen = dataclasses.replace(a_bare_citizen(), birth_date=BirthDate(1951))

    assert narrow(citizen, frozenset({Field.BIRTH_DATE})) == {
        "birth_date": {"value": "1951", "precision": "year"}
    }


@pytest.mark.parametrize(
    ("shown", "value_type"),
    [(Field.PERMANENT_RESIDENCE, Address), (Field.FATHER, Person)],
)
def test_every_part_of_an_address_or_person_is_shown(
    shown: Field, value_type: type[Address | Person]
) -> None:
    value = narrow(a_marked_citizen(), frozenset({shown}))[shown.value]

    assert value == {part.name: f"<{shown.value}.{part.name}>" for part in dataclasses.fields(value_type)}


def test_an_address_or_person_without_any_content_is_absent() -> None:
    citizen = dataclasses.replace(a_bare_citizen(), current_residence=Address(), spouse=Person())

    assert narrow(citizen, frozenset({Field.CURRENT_RESIDENCE, Field.SPOUSE})) == {
        "current_residence": None,
        "spouse": None,
    }


def test_disclosed_are_the_permitted_fields_that_hold_something() -> None:
    citizen = dataclasses.replace(
        a_bare_citizen(), permanent_residence=Address(line="Tổ 7"), current_residence=Address(), religion="00"
    )

    assert disclosed_fields(narrow(citizen, DEFAULT_FIELDS)) == ("full_name", "permanent_residence")


@given(some_fields)
@settings(deadline=None)
def test_of_a_full_record_all_permitted_fields_are_disclosed(permitted: frozenset[Field]) -> None:
    narrowed = narrow(a_marked_citizen(), permitted)

    assert disclosed_fields(narrowed) == tuple(narrowed)
