from datetime import date
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidRequestError, ProblemCode
from app.lookup.names import INVISIBLE
from app.lookup.parsing import (
    _FULL_NAME,
    _LOOKS_LIKE_D,
    _USUAL_NAME,
    Pointers,
    check_birth_year,
    parse_birth_date,
    parse_full_name,
    parse_id_number,
    parse_procedure_code,
    parse_purpose,
    parse_question,
)
from app.lookup.values import BirthDate, CitizenId, FullName, OldIdNumber, Question

TODAY = date(2026, 11, 22)


# --- number


def test_twelve_digits_are_a_personal_number() -> None:
    assert parse_id_number("099190000017") == CitizenId("099190000017")


def test_nine_digits_are_a_number_of_the_old_card() -> None:
    assert parse_id_number("099000017") == OldIdNumber("099000017")


def test_leading_zeros_of_a_number_stay() -> None:
    assert parse_id_number("000000000000") == CitizenId("000000000000")


def test_blanks_around_a_number_do_not_count() -> None:
    assert parse_id_number(" \t099190000017 ") == CitizenId("099190000017")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("   ", id="blank"),
        pytest.param("09919000", id="eight digits"),
        pytest.param("0991900000", id="ten digits"),
        pytest.param("09919000001", id="eleven digits"),
        pytest.param("0991900000171", id="thirteen digits"),
        pytest.param("099190000017\n", id="final newline"),
        pytest.param("099000017\n", id="final newline after nine"),
        pytest.param("099 190 000 017", id="grouped"),
        pytest.param("099190-00017", id="hyphen"),
        pytest.param("09919000001A", id="letter"),
        pytest.param("+99190000017", id="sign"),
        pytest.param("099190000_17", id="underscore"),
        pytest.param("٠٩٩١٩٠٠٠٠٠١٧", id="arabic digits"),
        pytest.param("０９９１９００００017", id="fullwidth digits"),
        pytest.param("09919000001²", id="superscript"),
        pytest.param("\u00a0099190000017", id="no-break space"),
        pytest.param("\u200b099190000017", id="zero-width space"),
        pytest.param("099190000017\x00", id="nul"),
    ],
)
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_id_number(text)

    assert caught.value.code is ProblemCode.INVALID_ID_NUMBER
    assert caught.value.fields == ("/citizen/id_number",)


@given(st.text())
@settings(deadline=None)
def test_a_number_is_twelve_or_nine_ascii_digits_or_refused(text: str) -> None:
    try:
        parsed = parse_id_number(text)
    except InvalidRequestError:
        return

    assert parsed.digits.isascii()
    assert parsed.digits.isdigit()
    assert len(parsed.digits) == (12 if isinstance(parsed, CitizenId) else 9)


# --- name


@pytest.mark.parametrize(
    "name",
    [
        "TRẦN VĂN THỬ",
        "Trần Văn Thử",
        "Nguyễn Thị Ánh Thử",
        "Đặng Thử",
        "K'Brêu",
        "K’Brêu",
        "KʼBrêu",
        "K`Brêu",
        "K´Brêu",
        "H'Hen Niê",
        "Y-Thu",
        "Y‑Thu",
        "Y Thu Êban",
        "Rơ Châm H'Thử",
        "Ñinh Thử",
        "O'Neill",
        "Jean-Pierre Thử",
        "Müller Thử",
        "Thử Jr.",
        "Ỹ",
        "Thử",
    ],
)
def test_names_of_people_pass_as_they_were_typed(name: str) -> None:
    assert parse_full_name(name).text == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        pytest.param("  Trần   Văn Thử ", "Trần Văn Thử", id="spaces"),
        pytest.param("ÐẶNG THỬ", "ĐẶNG THỬ", id="eth, out of old fonts"),
        pytest.param("Trần\u00a0Văn\u3000Thử", "Trần Văn Thử", id="no-break and wide space"),
        pytest.param("Trần\tVăn\r\nThử\n", "Trần Văn Thử", id="tab and newline"),
        pytest.param("\ufeffTrần Văn Thử\u200b", "Trần Văn Thử", id="zero-width around"),
        pytest.param("Trần Vă\u00adn Th\u2060ử", "Trần Văn Thử", id="invisible inside"),
        pytest.param("\u200b Thử \u200b", "Thử", id="space and zero-width around"),
    ],
)
def test_white_space_in_a_name_becomes_single_spaces(typed: str, name: str) -> None:
    assert parse_full_name(typed).text == name


def test_a_decomposed_name_is_composed() -> None:
    assert parse_full_name(normalize("NFD", "Trần Văn Thử")).text == "Trần Văn Thử"


def test_an_invisible_joiner_does_not_keep_a_mark_from_its_letter() -> None:
    assert parse_full_name("Tha\u034f\u0309o").text == "Thảo"


def test_a_mark_without_a_composed_form_stays_with_its_letter() -> None:
    assert parse_full_name("M\u0303inh").text == "M\u0303inh"


def test_a_name_may_have_a_hundred_characters() -> None:
    assert parse_full_name("Ử" * 100).text == "Ử" * 100


def test_the_hundred_characters_are_counted_composed() -> None:
    assert parse_full_name(normalize("NFD", "Ử" * 100)).text == "Ử" * 100


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" \u00a0\u200b", id="blank"),
        pytest.param("A" * 101, id="hundred and one characters"),
        pytest.param(" " * 400 + "A", id="endless blanks"),
        pytest.param("-", id="hyphen alone"),
        pytest.param("' . -", id="no letter"),
        pytest.param("Trần Văn Thử 2", id="digit"),
        pytest.param("Trần Văn Thử²", id="superscript"),
        pytest.param("Trần Văn ٣", id="arabic digit"),
        pytest.param("Trần\x00Thử", id="nul"),
        pytest.param("Trần\x1bThử", id="escape"),
        pytest.param("Trần Văn Th\ufffd", id="replacement character"),
        pytest.param("Tr?n V?n Th?", id="question mark"),
        pytest.param("%", id="wildcard"),
        pytest.param("Trần_Thử", id="underscore"),
        pytest.param("Trần*", id="asterisk"),
        pytest.param("Trần; Thử", id="semicolon"),
        pytest.param('Trần "Thử"', id="quotation mark"),
        pytest.param("<Thử>", id="angle brackets"),
        pytest.param("Trần × Thử", id="multiplication sign"),
        pytest.param("Thử ÷", id="division sign"),
        pytest.param("Thửǃ", id="click letter"),
        pytest.param("Трần Thử", id="cyrillic look-alike"),
        pytest.param("Αnh", id="greek look-alike"),
        pytest.param("阮文", id="han"),
        pytest.param("Ｔｈｕ", id="fullwidth"),
        pytest.param("\u0301Anh", id="mark without a letter"),
        pytest.param("Anh \u0301", id="mark after a space"),
        pytest.param("A-\u0301nh", id="mark after a hyphen"),
        pytest.param("Trần \u202eửhT", id="direction override"),
        pytest.param("Trần \u200eThử", id="direction mark"),
        pytest.param("Thử\ud800", id="lone surrogate"),
        pytest.param("Thử \U0001f600", id="emoji"),
        pytest.param("\u3164", id="filler"),
    ],
)
def test_what_is_no_name_in_latin_letters_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_full_name(text)

    assert caught.value.code is ProblemCode.INVALID_FULL_NAME
    assert caught.value.fields == ("/citizen/full_name",)


@given(st.text(alphabet="aĂđ 'ửn\u0323\u0302\u00a0\u200b.-0ß", max_size=12))
@settings(deadline=None)
def test_parsing_a_parsed_name_changes_nothing(text: str) -> None:
    try:
        name = parse_full_name(text)
    except InvalidRequestError:
        return

    assert parse_full_name(name.text) == name
    assert 1 <= len(name.text) <= 100


# --- birth date


def test_a_full_birth_date_is_taken() -> None:
    assert parse_birth_date("1990-05-09", TODAY) == BirthDate(1990, 5, 9)


def test_a_year_alone_is_taken() -> None:
    assert parse_birth_date("1990", TODAY) == BirthDate(1990)


def test_blanks_around_a_birth_date_do_not_count() -> None:
    assert parse_birth_date(" 1990-05-09\t", TODAY) == BirthDate(1990, 5, 9)


@pytest.mark.parametrize("text", ["1900-01-01", "1900", "2000-02-29", "2026-11-22", "2026"])
def test_birth_dates_from_1900_to_today_are_taken(text: str) -> None:
    assert parse_birth_date(text, TODAY).iso == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "90",
        "1899",
        "1899-12-31",
        "0000",
        "0000-01-01",
        "2026-11-23",
        "2027",
        "9999-12-31",
        "1990-02-29",
        "1900-02-29",
        "1990-00-10",
        "1990-13-01",
        "1990-05-00",
        "1990-05-32",
        "1990-5-9",
        "1990-05",
        "09/05/1990",
        "19900509",
        "1990-05-09T00:00:00",
        "1990-05-09\n",
        "1990\n",
        "-1990",
        "１９９０",
        "١٩٩٠-٠٥-٠٩",
        "1990-05-09\x00",
    ],
)
def test_what_is_no_date_a_living_memory_holds_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_birth_date(text, TODAY)

    assert caught.value.code is ProblemCode.INVALID_BIRTH_DATE
    assert caught.value.fields == ("/citizen/birth_date",)


@given(st.dates(min_value=date(1900, 1, 1), max_value=TODAY))
@settings(deadline=None)
def test_every_day_since_1900_can_be_asked_about(day: date) -> None:
    assert parse_birth_date(day.isoformat(), TODAY) == BirthDate.of(day)


# --- birth year against the number


@pytest.mark.parametrize(
    ("digits", "year"),
    [
        ("099090000017", 1990),
        ("099190000017", 1990),
        ("099000000017", 1900),
        ("099199000017", 1999),
        ("099200000017", 2000),
        ("099308000017", 2008),
        ("099426000017", 2126),
        ("099526000017", 2126),
        ("099626000017", 2226),
        ("099726000017", 2226),
        ("099826000017", 2326),
        ("099926000017", 2326),
    ],
)
def test_the_birth_year_stands_in_the_personal_number(digits: str, year: int) -> None:
    check_birth_year(CitizenId(digits), BirthDate(year))

    for other in (year - 100, year - 1, year + 1, year + 100):
        with pytest.raises(InvalidRequestError):
            check_birth_year(CitizenId(digits), BirthDate(other))


def test_a_contradicting_birth_year_names_both_parts() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check_birth_year(CitizenId("099190000017"), BirthDate(1991, 5, 9))

    assert caught.value.code is ProblemCode.BIRTH_YEAR_CONTRADICTS_NUMBER
    assert caught.value.fields == ("/citizen/id_number", "/citizen/birth_date")


def test_an_old_number_says_nothing_of_the_birth_year() -> None:
    check_birth_year(OldIdNumber("099190000"), BirthDate(1951))


# --- question


def test_a_question_is_number_name_and_birth_date_together() -> None:
    assert parse_question("099190000017", "Trần  Văn Thử", "1990-05-09", TODAY) == Question(
        CitizenId("099190000017"), FullName("Trần Văn Thử"), BirthDate(1990, 5, 9)
    )


def test_a_question_may_name_the_old_number_and_the_year_alone() -> None:
    assert parse_question("099000017", "Trần Văn Thử", "1951", TODAY) == Question(
        OldIdNumber("099000017"), FullName("Trần Văn Thử"), BirthDate(1951)
    )


@pytest.mark.parametrize(
    ("id_number", "full_name", "birth_date", "code"),
    [
        ("", "Trần Văn Thử", "1990-05-09", ProblemCode.INVALID_ID_NUMBER),
        ("099190000017", "", "1990-05-09", ProblemCode.INVALID_FULL_NAME),
        ("099190000017", "Trần Văn Thử", "", ProblemCode.INVALID_BIRTH_DATE),
        ("099190000017", "Trần Văn Thử", "1991", ProblemCode.BIRTH_YEAR_CONTRADICTS_NUMBER),
    ],
)
def test_no_part_of_a_question_may_be_missing_or_wrong(
    id_number: str, full_name: str, birth_date: str, code: ProblemCode
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_question(id_number, full_name, birth_date, TODAY)

    assert caught.value.code is code


@pytest.mark.parametrize(
    ("id_number", "full_name", "birth_date"),
    [
        ("x", "Trần Văn Thử", "1990-05-09"),
        ("099190000017", "7", "1990-05-09"),
        ("099190000017", "Trần Văn Thử", "x"),
        ("099190000017", "Trần Văn Thử", "1991"),
    ],
)
def test_a_refusal_points_to_where_the_caller_says_the_question_stood(
    id_number: str, full_name: str, birth_date: str
) -> None:
    card = Pointers("/card_qr", "/card_qr", "/card_qr")

    with pytest.raises(InvalidRequestError) as caught:
        parse_question(id_number, full_name, birth_date, TODAY, card)

    assert caught.value.fields == ("/card_qr",)


@pytest.mark.parametrize(
    ("id_number", "full_name", "birth_date"),
    [
        ("0991900000178", "Trần Văn Thử", "1990-05-09"),
        ("099190000017", "Trần Văn Thử 8", "1990-05-09"),
        ("099190000017", "Trần Văn Thử", "1990-05-39"),
        ("099190000017", "Trần Văn Thử", "1991-05-09"),
    ],
)
def test_a_refusal_never_repeats_what_was_sent(id_number: str, full_name: str, birth_date: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_question(id_number, full_name, birth_date, TODAY)

    shown = f"{caught.value!s} {caught.value!r} {caught.value.fields} {caught.value.__cause__}"
    assert not any(value in shown for value in (id_number, full_name, birth_date, "Thử"))


# --- procedure code


@pytest.mark.parametrize(
    "code", ["1.004194", "2.000815", "1.115835", "1.011442.000.00.00.H38", "2.000815.000.A0.01.H55"]
)
def test_national_and_local_procedure_codes_pass(code: str) -> None:
    assert parse_procedure_code(code) == code


def test_blanks_around_a_procedure_code_do_not_count() -> None:
    assert parse_procedure_code(" 1.004194 ") == "1.004194"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1004194",
        "1.04194",
        "1.0041940",
        "11.004194",
        "1.004194\n",
        "1.003650.01",  # a service code
        "1.011442.000.00.00.H38.01",
        "1.011442.000.00.00.Z38",
        "1.011442.000.00.H38",
        "1.011442.000.00.00.h38",
        "1-004194",
        "١.٠٠٤١٩٤",
    ],
)
def test_anything_else_is_no_procedure_code(text: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_procedure_code(text)

    assert caught.value.code is ProblemCode.INVALID_PROCEDURE_CODE
    assert caught.value.fields == ("/procedure_code",)


@pytest.mark.parametrize(
    ("typed", "purpose"),
    [
        ("Xác nhận nơi cư trú", "Xác nhận nơi cư trú"),
        ("  Nhập\thọc \n cho con ", "Nhập học cho con"),
        (normalize("NFD", "Nhập học"), "Nhập học"),
        ("x" * 200, "x" * 200),
        (" ".join(["x"] * 100) + " " * 50, " ".join(["x"] * 100)),
        ("Số 099190000017, giấy & tờ: <đủ>", "Số 099190000017, giấy & tờ: <đủ>"),
    ],
)
def test_a_purpose_is_free_text_in_one_line(typed: str, purpose: str) -> None:
    assert parse_purpose(typed) == purpose


@pytest.mark.parametrize("typed", ["", " \t\n", "x" * 201, "a\x00b", "a\x1bb", "a\x85\x9fb", "\ud800"])
def test_a_purpose_that_is_empty_too_long_or_cannot_be_written_is_refused(typed: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        parse_purpose(typed)
    assert (refusal.value.code, refusal.value.fields) == (ProblemCode.INVALID_VALUE, ("/purpose",))


def test_an_ampersand_joins_the_parts_of_a_name() -> None:
    assert parse_full_name("H'Điêu Niê & Kđăm").text == "H'Điêu Niê & Kđăm"
    with pytest.raises(InvalidRequestError):
        parse_full_name("&")


def test_letters_that_are_taken_as_they_are_would_not_be_changed_or_refused() -> None:
    usual = [one for one in map(chr, range(0x10000)) if _USUAL_NAME.fullmatch(one)]
    assert len(usual) == 186
    for letter in usual:
        assert normalize("NFC", letter.translate(INVISIBLE)).translate(_LOOKS_LIKE_D) == letter
        assert _FULL_NAME.fullmatch(letter)
