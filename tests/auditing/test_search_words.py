"""The words of exported lists are those of the catalogue and of the lookup, though they stand apart."""

from app.audit.record import Outcome
from app.audit.verifying.search_words import (
    DISCLOSED_TITLES,
    NO_DOSSIER_TITLES,
    OUTCOME_TITLES,
    disclosed_titles,
)
from app.lookup.texts import NO_DOSSIER_REASONS
from app.procedures.fields import FIELD_TITLES


def test_every_outcome_has_a_title_and_no_two_the_same() -> None:
    assert list(OUTCOME_TITLES) == [outcome.value for outcome in Outcome]
    assert len(set(OUTCOME_TITLES.values())) == len(Outcome)


def test_missing_dossiers_are_called_as_everywhere() -> None:
    assert {reason.value: text for reason, text in NO_DOSSIER_REASONS.items()} == NO_DOSSIER_TITLES


def test_fields_are_called_as_in_the_catalogue() -> None:
    assert {field.value: title for field, title in FIELD_TITLES.items()} == DISCLOSED_TITLES


def test_number_and_name_come_first() -> None:
    said = disclosed_titles("birth_date full_name id_number")
    assert said == "Số định danh cá nhân; Họ, chữ đệm và tên; Ngày, tháng, năm sinh"


def test_a_field_nobody_knows_is_said_as_the_record_has_it() -> None:
    assert disclosed_titles("shoe_size full_name") == "Họ, chữ đệm và tên; shoe_size"
    assert not disclosed_titles("")
