import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import product
from typing import get_args
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.password_policy import (
    FAULT_TEXTS,
    MAX_LENGTH,
    PROFILES,
    WARNING_DAYS,
    PasswordFault,
    PasswordProfile,
    days_left,
    describe,
    expires_at,
    find_faults,
    normalized,
)
from app.clock import VIETNAM
from app.settings import Settings
from app.web.problem_texts import Language

DONGNAI = PROFILES["dongnai-2023"]
LEVEL_3 = PROFILES["tcvn-14423-level-3"]
COMMON_WORDS = files("app.accounts").joinpath("common_passwords.txt").read_text("ascii").splitlines()
Fault = PasswordFault


def faults(
    password: str,
    profile: PasswordProfile = DONGNAI,
    *,
    has_second_factor: bool = False,
    login_name: str = "",
    full_name: str = "",
    unit_name: str = "",
) -> tuple[PasswordFault, ...]:
    return find_faults(
        password,
        profile,
        has_second_factor=has_second_factor,
        login_name=login_name,
        full_name=full_name,
        unit_name=unit_name,
    )


@pytest.mark.parametrize(
    "password",
    [
        "Gio-Mua9Thu",
        "tre7Xanh&Song",
        "Con mèo 9 đuôi!",
        "7#kQ9!x2",
        "Cầu-vồng7màu",
        "Ánh&trăng9",
        "Mưa_rơi1chiều",
        "xong7Viec#ve",
    ],
)
def test_sensible_passwords_pass(password: str) -> None:
    assert (
        faults(
            password,
            login_name="mau.tv",
            full_name="Trần Văn Mẫu",
            unit_name="Ủy ban nhân dân xã Mẫu Sơn",
        )
        == ()
    )


# Length


def test_dongnai_asks_for_eight_characters() -> None:
    assert faults("xQ7#kV2") == (Fault.TOO_SHORT,)
    assert faults("xQ7#kV2z") == ()


def test_dongnai_asks_for_eight_characters_with_a_second_factor_too() -> None:
    assert faults("xQ7#kV2", has_second_factor=True) == (Fault.TOO_SHORT,)
    assert faults("xQ7#kV2z", has_second_factor=True) == ()


def test_level_3_asks_for_fourteen_characters_without_a_second_factor() -> None:
    assert faults("xQ7#kV2zmW9&r", LEVEL_3) == (Fault.TOO_SHORT,)
    assert faults("xQ7#kV2zmW9&rT", LEVEL_3) == ()


def test_level_3_asks_for_eight_characters_with_a_second_factor() -> None:
    assert faults("xQ7#kV2", LEVEL_3, has_second_factor=True) == (Fault.TOO_SHORT,)
    assert faults("xQ7#kV2z", LEVEL_3, has_second_factor=True) == ()


def test_a_vietnamese_letter_is_one_character_however_it_is_typed() -> None:
    decomposed = normalize("NFD", "Ệ7#kửxv")
    assert len(decomposed) > 8
    assert faults(decomposed) == (Fault.TOO_SHORT,)


def test_the_longest_password_has_128_characters() -> None:
    passphrase = "Tre7Xanh&Song chảy quanh làng. " * 4 + "Hết!"
    assert MAX_LENGTH == len(passphrase) == 128
    assert faults(passphrase) == ()
    assert faults(passphrase + "!") == (Fault.TOO_LONG,)
    assert faults(normalize("NFD", passphrase)) == ()


def test_one_that_is_too_long_is_not_looked_through() -> None:
    assert faults("a" * (MAX_LENGTH + 1)) == (Fault.TOO_LONG,)


# Four classes


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("xq7#kv2zmw9&rt", Fault.NO_UPPER),
        ("XQ7#KV2ZMW9&RT", Fault.NO_LOWER),
        ("xQp#kVuzmWi&rT", Fault.NO_DIGIT),
        ("xQ7skV2zmW9trT", Fault.NO_SPECIAL),
    ],
)
def test_every_profile_asks_for_four_classes(
    profile: PasswordProfile, password: str, missing: PasswordFault
) -> None:
    assert faults(password, profile) == (missing,)


def test_vietnamese_capitals_are_capitals() -> None:
    assert faults("xĂ7#kv2z") == ()
    assert faults(normalize("NFD", "xĂ7#kv2z")) == ()


def test_vietnamese_small_letters_are_small() -> None:
    assert faults("XQ7#KV2đ") == ()


def test_every_class_can_be_met_by_one_character_of_it() -> None:
    assert faults("KQV#XWZ7d") == ()


@pytest.mark.parametrize("special", "@#$%&*()-_=+[]{};:'\",.<>/?\\|!~^`€₫£°")
def test_punctuation_and_symbols_are_special(special: str) -> None:
    assert faults(f"xQ7kV2zm{special}W9r") == ()


def test_a_space_is_not_special() -> None:
    assert faults("xQ7k V2zm W9r") == (Fault.NO_SPECIAL,)


def test_a_combining_mark_is_not_special() -> None:
    assert faults("xQ7kV2zq\u0301W9r") == (Fault.NO_SPECIAL,)


def test_all_that_is_missing_is_told_in_order() -> None:
    assert faults("") == (
        Fault.TOO_SHORT,
        Fault.NO_UPPER,
        Fault.NO_LOWER,
        Fault.NO_DIGIT,
        Fault.NO_SPECIAL,
        Fault.TOO_COMMON,
    )
    assert faults("Mau-Son2026", login_name="mau.son", full_name="Mẫu Sơn", unit_name="Xã Mẫu Sơn") == (
        Fault.CONTAINS_LOGIN_NAME,
        Fault.CONTAINS_OFFICER_NAME,
        Fault.CONTAINS_UNIT_NAME,
    )


def test_the_normalized_form_is_composed() -> None:
    assert normalized(normalize("NFD", "Đường-Ệ7")) == normalize("NFC", "Đường-Ệ7")


# Too common


@pytest.mark.parametrize(
    "password",
    [
        "Matkhau@123",
        "P@ssw0rd1!",
        "Hanoi2026@",
        "Vietnam123!",
        "Aa@12345",
        "Mậtkhẩu@123",
        "Mật khẩu 1!",
        "MậT-KHẨU1!",
        "Đồng-Nai2026",
        "Mat.Khau-9",
        "Mat7khau&1",
        "M4tkh@u#99",
        "@dmiN#2026",
        "#@dm1n#2026",
        "2024!!Saigon!!2024",
        "ＰａｓｓWord#1",
        "𝐌𝐀𝐓kh𝐚𝐮#123",
        "Mat\u200bkhau@123",
    ],
)
def test_common_words_in_disguise_are_too_common(password: str) -> None:
    assert Fault.TOO_COMMON in faults(password)


@pytest.mark.parametrize(
    "password",
    [
        "W3lc0me#1",  # 3 e, 0 o
        "L1verpool#9",  # 1 i
        "We1come#99",  # 1 l
        "Qu4ntri#9",  # 4 a
        "Hoc5inh#9",  # 5 s
        "Ma7khau#9",  # 7 t
        "Qu@ntri#9",  # @ a
        "Pa$$word#9",  # $ s
        "Adm!n#999",  # ! i
        "$@igon#99",  # at the beginning, where digits and symbols also stand for nothing
        "1l0veyou#9",
        "Passw0rd#9",
        "Pass-w0rd#9",  # a symbol left out and a digit read as a letter
        "Pass!w0rd#9",  # the same where the symbol might be a letter, too
        "We-1come#9",
        "Wel!c0me#9",
        "Yeuvi3tn@m#9",
        "Matm4#9",
        "Vi3tn4m#9",
    ],
)
def test_digits_and_symbols_are_read_as_the_letters_they_stand_for(password: str) -> None:
    assert Fault.TOO_COMMON in faults(password)


@pytest.mark.parametrize("tail", ["3", "33", "#3"])
def test_a_word_may_end_or_begin_in_disguise(tail: str) -> None:
    # "iPhone" begins and "Apple" ends with a letter that a digit or symbol may stand for.
    assert Fault.TOO_COMMON in faults(f"!phon3{tail}")
    assert Fault.TOO_COMMON in faults(f"{tail}Appl3{tail}")
    assert Fault.TOO_COMMON in faults(f"{tail}@ppl3")


def test_up_to_three_characters_at_either_edge_may_be_disguised() -> None:
    assert faults("9#737tRungthu#9") == (Fault.TOO_COMMON,)
    assert faults("9#Chocol473#9") == (Fault.TOO_COMMON,)
    assert faults("9#Choco1473#9") == ()


def test_what_is_left_between_digits_and_symbols_has_at_least_four_characters() -> None:
    assert faults("28#Xkq69&") == (Fault.TOO_COMMON,)
    assert faults("28#Xkqw69&") == ()
    assert faults("28#X9q69&") == (Fault.TOO_COMMON,)
    assert faults("28#X96q69&") == ()


def test_digits_and_symbols_alone_are_too_common() -> None:
    assert Fault.TOO_COMMON in faults("93#$7(61)&")


@pytest.mark.parametrize(
    "password",
    [
        "Aaaaaaa1!",
        "Kz9!Kz9!",
        "kZ9!Kz9!kz9!",
        "Xuan7&Xuan",
        "Xuan-Xuan-Xuan-9",
        "Matkhau9!Matkhau",
        "Q2#68q2#68",
        "Abcdef1!",
        "Fedcba1!",
        "Mnop&9876",
        "Qwert-123",
        "Poiuy@098",
        "Asdf&1234",
        "Lkjh&1234",
        "Zxcv&1234",
        "Mnbv&1234",
        "1qaz@WSX",
        "Q1w2e3!@",
        "Rfv#4tgb%",
        "Plo-KI9#9",
    ],
)
def test_repetitions_and_runs_are_too_common(password: str) -> None:
    assert Fault.TOO_COMMON in faults(password)


@pytest.mark.parametrize(
    "row",
    ["abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedcrfvtgbyhnujmikolp"],
)
def test_three_letters_of_a_row_are_a_run_in_either_direction(row: str) -> None:
    for first, second, third in zip(row, row[1:], row[2:], strict=False):
        assert faults(f"{first.upper()}6{second}6{third}#989") == (Fault.TOO_COMMON,)
        assert faults(f"{third.upper()}6{second}6{first}#989") == (Fault.TOO_COMMON,)


def test_the_end_of_one_row_and_the_beginning_of_the_next_are_no_run() -> None:
    assert faults("Y6z6q#989") == ()


def test_two_letters_next_to_each_other_are_no_run() -> None:
    assert faults("9A#6b2&88") == ()


def test_a_row_of_digits_at_the_end_makes_the_rest_no_worse() -> None:
    assert faults("Xk#9qw111") == ()


def test_two_equal_letters_are_no_repetition() -> None:
    assert faults("9A#6a2&88") == ()


def test_three_letters_of_a_run_are_one() -> None:
    assert faults("9A#6b2&8c9") == (Fault.TOO_COMMON,)


def test_a_common_word_inside_a_longer_phrase_passes() -> None:
    assert faults("Hanoi-mua9thu") == ()


def test_the_list_is_long_sorted_plain_and_without_words_that_never_count() -> None:
    assert len(COMMON_WORDS) >= 400
    assert sorted(set(COMMON_WORDS)) == COMMON_WORDS
    assert all(re.fullmatch("[a-z]{4,}", word) for word in COMMON_WORDS)


# Names


@pytest.mark.parametrize(
    "password",
    [
        "Tuan.kieu#9x",
        "x9#TUANKIEU",
        "xTuan9#zkq",
        "Kiều9#zkq",
        "9#Xkieu2026",
        "x9#T-u-a-n",
        "Qx#2026-Zk",
        "K1eu#zkq9",
        "9#xK13u&q",
    ],
)
def test_the_login_name_and_its_parts_are_refused(password: str) -> None:
    assert faults(password, login_name="tuan.kieu_2026@xa-dau") == (Fault.CONTAINS_LOGIN_NAME,)


@pytest.mark.parametrize("separator", list("._@-"))
def test_a_login_name_is_split_at_each_separator(separator: str) -> None:
    login_name = f"kieu{separator}vo"
    assert faults("Kieu#zq98x", login_name=login_name) == (Fault.CONTAINS_LOGIN_NAME,)
    assert faults("Kievo#zq98x", login_name=login_name) == ()
    assert faults("Zkvo#qx98x", login_name=login_name) == ()


def test_a_login_name_with_digits_is_found_as_it_is() -> None:
    assert faults("Nv2061#zqkx", login_name="nv2061") == (Fault.CONTAINS_LOGIN_NAME,)
    assert faults("Nv-2061#zqkx", login_name="nv2061") == (Fault.CONTAINS_LOGIN_NAME,)


def test_a_part_of_the_login_name_needs_four_letters() -> None:
    assert faults("Kie#zqx98x", login_name="kie.t") == ()
    assert faults("Kiet#zqx98x", login_name="kie.t") == (Fault.CONTAINS_LOGIN_NAME,)


@pytest.mark.parametrize(
    "password",
    [
        "TrầnVănThử#9",
        "TranVanThu#9",
        "tran van thu#9X",
        "x9#TRAN-VAN-THU",
        "TranVan#9zkq",
        "x9#VanThu&q",
        "x9#Văn_Thử&q",
        "x9#V4nThu&q",
    ],
)
def test_the_officers_name_is_refused(password: str) -> None:
    assert faults(password, full_name="Trần Văn Thử") == (Fault.CONTAINS_OFFICER_NAME,)


def test_a_middle_window_of_the_name_is_refused() -> None:
    assert faults("MinhAnh#9zkq", full_name="Trần Minh Anh Thử") == (Fault.CONTAINS_OFFICER_NAME,)


def test_words_that_are_not_neighbours_are_allowed_together() -> None:
    assert faults("TranThu#9zkq", full_name="Trần Văn Thử") == ()


def test_one_word_of_the_name_counts_from_five_letters() -> None:
    assert faults("Tran#9zkqx", full_name="Trần Văn Thử") == ()
    assert faults("Kieu#9zkqx", full_name="Trần Văn Kiều") == ()
    assert faults("Trinh#9zkqx", full_name="Trịnh Văn Thử") == (Fault.CONTAINS_OFFICER_NAME,)
    assert faults("x9#Nguyễn&q", full_name="Nguyễn Thử") == (Fault.CONTAINS_OFFICER_NAME,)


def test_a_name_of_one_word_counts_from_four_letters() -> None:
    assert faults("Kiều#9zkqx", full_name="Kiều") == (Fault.CONTAINS_OFFICER_NAME,)
    assert faults("Kim#9zkqxw", full_name="Kim") == ()


def test_two_words_count_from_four_letters() -> None:
    assert faults("x9#VoAn&zq", full_name="Võ An") == (Fault.CONTAINS_OFFICER_NAME,)
    assert faults("x9#YAn&zqk", full_name="Y An") == ()


def test_an_apostrophe_or_hyphen_hides_no_name() -> None:
    assert faults("Hhen#9zkqx", full_name="H'Hen Niê") == (Fault.CONTAINS_OFFICER_NAME,)
    assert faults("YBhok#9zkqx", full_name="Y-Bhok") == (Fault.CONTAINS_OFFICER_NAME,)


def test_a_letter_with_a_stroke_is_read_without() -> None:
    assert faults("ĐàoĐỗ#9zkqx", full_name="Dao Do Thử") == (Fault.CONTAINS_OFFICER_NAME,)
    assert faults("DaoDo#9zkqx", full_name="Đào Đỗ Thử") == (Fault.CONTAINS_OFFICER_NAME,)


@pytest.mark.parametrize("password", ["MauSon#9zkq", "x9#Mẫu-Sơn&q", "x9#xamau&qQ", "Phuong#9zkqx"])
def test_the_units_name_is_refused(password: str) -> None:
    unit_name = "Ủy ban nhân dân xã Mẫu Sơn, phường"
    assert faults(password, unit_name=unit_name) == (Fault.CONTAINS_UNIT_NAME,)


def test_one_short_word_of_the_units_name_is_allowed() -> None:
    assert faults("Xanh#9zkqx", unit_name="Xã Xanh Mẫu") == ()


def test_no_names_forbid_nothing() -> None:
    assert faults("Gio-Mua9Thu", login_name="", full_name=" ", unit_name="—") == ()


# Texts


def test_every_fault_has_its_text_in_both_languages() -> None:
    assert set(FAULT_TEXTS) == set(PasswordFault)
    assert all(set(texts) == set(get_args(Language)) for texts in FAULT_TEXTS.values())


@pytest.mark.parametrize(
    ("fault", "profile", "has_second_factor", "vietnamese", "english"),
    [
        (Fault.TOO_SHORT, DONGNAI, False, "Cần ít nhất 8 ký tự", "Use at least 8 characters"),
        (Fault.TOO_SHORT, DONGNAI, True, "Cần ít nhất 8 ký tự", "Use at least 8 characters"),
        (
            Fault.TOO_SHORT,
            LEVEL_3,
            False,
            "Cần ít nhất 14 ký tự (8 ký tự nếu bật xác thực hai yếu tố)",
            "Use at least 14 characters (8 once a second factor is set up)",
        ),
        (Fault.TOO_SHORT, LEVEL_3, True, "Cần ít nhất 8 ký tự", "Use at least 8 characters"),
        (Fault.TOO_LONG, DONGNAI, False, "Chỉ được tối đa 128 ký tự", "Use at most 128 characters"),
        (Fault.NO_UPPER, DONGNAI, False, "Thiếu chữ in hoa", "A capital letter is missing"),
        (Fault.NO_LOWER, DONGNAI, False, "Thiếu chữ in thường", "A small letter is missing"),
        (Fault.NO_DIGIT, DONGNAI, False, "Thiếu chữ số", "A digit is missing"),
        (
            Fault.NO_SPECIAL,
            DONGNAI,
            False,
            "Thiếu ký tự đặc biệt, ví dụ @ # - ! (dấu cách không tính)",
            "A special character such as @ # - ! is missing (a space does not count)",
        ),
        (
            Fault.TOO_COMMON,
            DONGNAI,
            False,
            "Quá dễ đoán: chỉ là từ thông dụng, địa danh, dãy phím hoặc chuỗi lặp lại thêm số, ký hiệu",
            "Too easy to guess: a common word, place, row of keys or repetition plus digits or symbols",
        ),
        (
            Fault.CONTAINS_LOGIN_NAME,
            DONGNAI,
            False,
            "Không được chứa tên đăng nhập hoặc một phần tên đăng nhập",
            "It must not contain the login name or part of it",
        ),
        (
            Fault.CONTAINS_OFFICER_NAME,
            DONGNAI,
            False,
            "Không được chứa họ tên của người dùng, kể cả viết không dấu",
            "It must not contain the officer's own name, with or without accents",
        ),
        (
            Fault.CONTAINS_UNIT_NAME,
            DONGNAI,
            False,
            "Không được chứa tên cơ quan, đơn vị, kể cả viết không dấu",
            "It must not contain the unit's name, with or without accents",
        ),
        (
            Fault.USED_BEFORE,
            DONGNAI,
            False,
            "Phải khác mật khẩu đang dùng",
            "It must differ from the present password",
        ),
        (
            Fault.USED_BEFORE,
            LEVEL_3,
            False,
            "Phải khác 10 mật khẩu gần đây nhất",
            "It must differ from the last 10 passwords",
        ),
    ],
)
def test_a_text_names_what_is_wrong_with_the_profiles_own_numbers(
    fault: PasswordFault, profile: PasswordProfile, *, has_second_factor: bool, vietnamese: str, english: str
) -> None:
    assert describe(fault, profile, has_second_factor=has_second_factor, language="vi") == vietnamese
    assert describe(fault, profile, has_second_factor=has_second_factor, language="en") == english


def test_no_text_shows_a_placeholder() -> None:
    for fault, profile, language in product(PasswordFault, PROFILES.values(), get_args(Language)):
        assert "{" not in describe(fault, profile, has_second_factor=False, language=language)


# Expiry and history


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("profile", "is_administrator", "end"),
    [
        (DONGNAI, False, "2026-04-16"),
        (DONGNAI, True, "2026-04-16"),
        (LEVEL_3, False, "2026-04-16"),
        (LEVEL_3, True, "2026-03-16"),
    ],
    ids=["dongnai-officer", "dongnai-administrator", "level-3-officer", "level-3-administrator"],
)
def test_a_password_lasts_as_many_months_as_the_profile_says(
    profile: PasswordProfile, *, is_administrator: bool, end: str
) -> None:
    assert expires_at(at("2026-01-15T10:30"), profile, is_administrator=is_administrator) == at(end)


@pytest.mark.parametrize(
    ("changed", "end"),
    [
        ("2026-11-30", "2027-03-01"),
        ("2027-11-30", "2028-03-01"),
        ("2027-11-28", "2028-02-29"),
        ("2027-11-29", "2028-03-01"),
        ("2026-01-31", "2026-05-01"),
        ("2026-09-30", "2026-12-31"),
        ("2026-08-31", "2026-12-01"),
        ("2026-09-15", "2026-12-16"),
        ("2026-10-01", "2027-01-02"),
        ("2026-12-31", "2027-04-01"),
    ],
)
def test_a_month_too_short_ends_the_password_with_its_last_day(changed: str, end: str) -> None:
    assert expires_at(at(changed), DONGNAI, is_administrator=False) == at(end)


def test_days_are_those_of_vietnam() -> None:
    seven_in_hanoi = datetime(2026, 1, 15, 16, 59, 59, tzinfo=UTC)
    assert expires_at(seven_in_hanoi, DONGNAI, is_administrator=False) == at("2026-04-16")
    midnight = seven_in_hanoi + timedelta(seconds=1)
    assert expires_at(midnight, DONGNAI, is_administrator=False) == at("2026-04-17")


def test_the_end_is_given_in_utc() -> None:
    end = expires_at(at("2026-01-15"), DONGNAI, is_administrator=False)
    assert end.tzinfo is UTC
    assert end.isoformat() == "2026-04-15T17:00:00+00:00"


@given(
    changed=st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    is_administrator=st.booleans(),
)
def test_no_password_outlasts_its_months_by_more_than_a_day(
    changed: datetime, *, is_administrator: bool
) -> None:
    months = 2 if is_administrator else 3
    lasted = expires_at(changed, LEVEL_3, is_administrator=is_administrator) - changed
    assert timedelta(days=28 * months) < lasted <= timedelta(days=31 * months + 1)


def test_days_left_count_the_day_that_has_begun() -> None:
    end = at("2026-04-16")
    assert days_left(at("2026-04-15T23:59:59"), end) == 1
    assert days_left(at("2026-04-15T00:00"), end) == 1
    assert days_left(at("2026-04-14T23:59:59"), end) == 2
    assert days_left(at("2026-04-02T08:00"), end) == WARNING_DAYS == 14


def test_no_days_are_left_once_it_has_expired() -> None:
    end = at("2026-04-16")
    assert days_left(end, end) == 0
    assert days_left(end + timedelta(days=9), end) == 0


def test_dongnai_forbids_the_present_password_and_level_3_the_last_ten() -> None:
    assert (DONGNAI.history, LEVEL_3.history) == (1, 10)


def test_dongnai_is_the_default() -> None:
    assert Settings.model_fields["password_profile"].default == "dongnai-2023"


def test_a_profile_is_found_by_its_own_name() -> None:
    assert {name: profile.name for name, profile in PROFILES.items()} == {
        "dongnai-2023": "dongnai-2023",
        "tcvn-14423-level-3": "tcvn-14423-level-3",
    }


# Every listed word, and whatever else is typed: last, since they take longest


def test_every_listed_word_is_refused() -> None:
    assert [word for word in COMMON_WORDS if faults(f"{word.capitalize()}#2689") != (Fault.TOO_COMMON,)] == []


@given(st.text(max_size=140))
@settings(deadline=None)
def test_faults_stand_in_the_order_of_their_definition(password: str) -> None:
    order = list(PasswordFault)
    found = faults(password, login_name="mau.son", full_name="Mẫu Sơn", unit_name="Xã Mẫu Sơn")
    assert list(found) == sorted(set(found), key=order.index)
    assert Fault.USED_BEFORE not in found


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
@settings(deadline=None)
def test_composition_makes_no_difference(password: str) -> None:
    assert faults(normalize("NFD", password)) == faults(normalize("NFC", password))
