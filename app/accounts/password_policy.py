"""What a password must be, how long it lasts, and how to say what is wrong with it (R7-R10)."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from importlib.resources import files
from itertools import combinations, product
from typing import Final

from app.clock import VIETNAM, local_day
from app.web.problem_texts import Language

MAX_LENGTH: Final = 128
"""Characters; room for any passphrase, and a bound on the work of looking through it."""
WARNING_DAYS: Final = 14
"""From how many days before the end a password's owner is reminded."""

_SHORTEST_CORE: Final = 4  # letters and what stands between them
_SHORTEST_PART: Final = 4  # of a name; "an" or "vo" are in too many words
_SHORTEST_NAME_WORD: Final = 5  # "Nguyễn" standing alone counts, "Văn" does not
_SHORTEST_PATTERN: Final = 3
_DISGUISED_AT_EDGE: Final = 3  # digits and symbols at either end that may stand for letters: "@dmin"

_COMMON: Final = frozenset(files(__package__).joinpath("common_passwords.txt").read_text("ascii").split())
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
)
_RUNS: Final = " ".join((*_ROWS, *(row[::-1] for row in _ROWS)))
_READ_AS_LETTERS: Final = tuple(str.maketrans("03457@$!1", "oeastasi" + one) for one in "il")
_MARK: Final = re.compile(r"[\u0300-\u036f]")
_WORD: Final = re.compile(r"[^\W_]+")


class PasswordFault(StrEnum):
    """What can be wrong with a new password; problems are listed in this order."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NO_UPPER = "no_upper"
    NO_LOWER = "no_lower"
    NO_DIGIT = "no_digit"
    NO_SPECIAL = "no_special"
    TOO_COMMON = "too_common"
    CONTAINS_LOGIN_NAME = "contains_login_name"
    CONTAINS_OFFICER_NAME = "contains_officer_name"
    CONTAINS_UNIT_NAME = "contains_unit_name"
    USED_BEFORE = "used_before"


@dataclass(frozen=True, slots=True)
class PasswordProfile:
    """One authority's numbers; every profile asks for all four classes of characters.

    `history` counts the latest passwords, the present one included, that may not be taken again.
    They are kept as hashes only, so whoever holds those finds `USED_BEFORE`; `find_faults` does not.
    """

    name: str
    min_length: int
    min_length_with_second_factor: int
    officer_months: int
    administrator_months: int
    history: int

    def min_length_for(self, *, has_second_factor: bool) -> int:
        """Return the least number of characters."""
        return self.min_length_with_second_factor if has_second_factor else self.min_length

    def months_for(self, *, is_administrator: bool) -> int:
        """Return how many calendar months a password lasts."""
        return self.administrator_months if is_administrator else self.officer_months


PROFILES: Final[Mapping[str, PasswordProfile]] = {
    profile.name: profile
    for profile in (
        # Công văn 159/STTTT-CNTTVT (R7, R9). It is silent on reuse; a "change" to the same password is none.
        PasswordProfile(
            name="dongnai-2023",
            min_length=8,
            min_length_with_second_factor=8,
            officer_months=3,
            administrator_months=3,
            history=1,
        ),
        # TCVN 14423:2026 5.6.2.2 b at level 3 (R8, R10); for officers the three months of R9 still hold.
        PasswordProfile(
            name="tcvn-14423-level-3",
            min_length=14,
            min_length_with_second_factor=8,
            officer_months=3,
            administrator_months=2,
            history=10,
        ),
    )
}

FAULT_TEXTS: Final[Mapping[PasswordFault, Mapping[Language, str]]] = {
    PasswordFault.TOO_SHORT: {
        "vi": "Cần ít nhất {minimum} ký tự",
        "en": "Use at least {minimum} characters",
    },
    PasswordFault.TOO_LONG: {
        "vi": "Chỉ được tối đa {maximum} ký tự",
        "en": "Use at most {maximum} characters",
    },
    PasswordFault.NO_UPPER: {"vi": "Thiếu chữ in hoa", "en": "A capital letter is missing"},
    PasswordFault.NO_LOWER: {"vi": "Thiếu chữ in thường", "en": "A small letter is missing"},
    PasswordFault.NO_DIGIT: {"vi": "Thiếu chữ số", "en": "A digit is missing"},
    PasswordFault.NO_SPECIAL: {
        "vi": "Thiếu ký tự đặc biệt, ví dụ @ # - ! (dấu cách không tính)",
        "en": "A special character such as @ # - ! is missing (a space does not count)",
    },
    PasswordFault.TOO_COMMON: {
        "vi": "Quá dễ đoán: chỉ là từ thông dụng, địa danh, dãy phím hoặc chuỗi lặp lại thêm số, ký hiệu",
        "en": "Too easy to guess: a common word, place, row of keys or repetition plus digits or symbols",
    },
    PasswordFault.CONTAINS_LOGIN_NAME: {
        "vi": "Không được chứa tên đăng nhập hoặc một phần tên đăng nhập",
        "en": "It must not contain the login name or part of it",
    },
    PasswordFault.CONTAINS_OFFICER_NAME: {
        "vi": "Không được chứa họ tên của người dùng, kể cả viết không dấu",
        "en": "It must not contain the officer's own name, with or without accents",
    },
    PasswordFault.CONTAINS_UNIT_NAME: {
        "vi": "Không được chứa tên cơ quan, đơn vị, kể cả viết không dấu",
        "en": "It must not contain the unit's name, with or without accents",
    },
    PasswordFault.USED_BEFORE: {
        "vi": "Phải khác {history} mật khẩu gần đây nhất",
        "en": "It must differ from the last {history} passwords",
    },
}
_SHORTER_WITH_SECOND_FACTOR: Final[Mapping[Language, str]] = {
    "vi": " ({fewer} ký tự nếu bật xác thực hai yếu tố)",
    "en": " ({fewer} once a second factor is set up)",
}
_SAME_AS_PRESENT: Final[Mapping[Language, str]] = {
    "vi": "Phải khác mật khẩu đang dùng",
    "en": "It must differ from the present password",
}


def normalized(password: str) -> str:
    """Return the form to judge, hash and compare, so that every keyboard's "Ă" is the same (NFC)."""
    return unicodedata.normalize("NFC", password)


def find_faults(
    password: str,
    profile: PasswordProfile,
    *,
    has_second_factor: bool,
    login_name: str,
    full_name: str,
    unit_name: str,
) -> tuple[PasswordFault, ...]:
    """Return everything wrong with *password*, in the order of `PasswordFault`; never `USED_BEFORE`.

    One that is too long is not looked through any further.
    """
    password = normalized(password)
    if len(password) > MAX_LENGTH:
        return (PasswordFault.TOO_LONG,)
    kinds = {unicodedata.category(letter) for letter in password}
    readings = _readings(_plain(password))
    is_true = {
        PasswordFault.TOO_SHORT: len(password) < profile.min_length_for(has_second_factor=has_second_factor),
        PasswordFault.NO_UPPER: "Lu" not in kinds,
        PasswordFault.NO_LOWER: "Ll" not in kinds,
        PasswordFault.NO_DIGIT: "Nd" not in kinds,
        PasswordFault.NO_SPECIAL: not any(kind.startswith(("P", "S")) for kind in kinds),
        PasswordFault.TOO_COMMON: _is_too_common(_plain(password)),
        PasswordFault.CONTAINS_LOGIN_NAME: _contains(readings, _parts(login_name, _SHORTEST_PART)),
        PasswordFault.CONTAINS_OFFICER_NAME: _contains(readings, _parts(full_name, _SHORTEST_NAME_WORD)),
        PasswordFault.CONTAINS_UNIT_NAME: _contains(readings, _parts(unit_name, _SHORTEST_NAME_WORD)),
    }
    return tuple(fault for fault in is_true if is_true[fault])


def describe(
    fault: PasswordFault, profile: PasswordProfile, *, has_second_factor: bool, language: Language
) -> str:
    """Return one sentence, without a full stop, that tells the officer what to change."""
    minimum = profile.min_length_for(has_second_factor=has_second_factor)
    fewer = profile.min_length_with_second_factor
    text = FAULT_TEXTS[fault][language]
    if fault is PasswordFault.TOO_SHORT and fewer < minimum:
        text += _SHORTER_WITH_SECOND_FACTOR[language]
    if fault is PasswordFault.USED_BEFORE and profile.history == 1:
        text = _SAME_AS_PRESENT[language]
    return text.format(minimum=minimum, fewer=fewer, maximum=MAX_LENGTH, history=profile.history)


def expires_at(changed_at: datetime, profile: PasswordProfile, *, is_administrator: bool) -> datetime:
    """Return the first instant, UTC, at which the password no longer serves.

    It lasts through the same day of the month so many calendar months later, in Vietnam; where that month
    is too short, through its last day.
    """
    last_day = _months_later(local_day(changed_at), profile.months_for(is_administrator=is_administrator))
    return datetime.combine(last_day + timedelta(days=1), time.min, VIETNAM).astimezone(UTC)


def days_left(now: datetime, expires_at: datetime) -> int:
    """Return the days until *expires_at*, begun ones included: 1 on the last day, 0 once it has expired."""
    return max(0, -((now - expires_at) // timedelta(days=1)))


def _is_too_common(plain: str) -> bool:
    """Return whether little but a common word, a row of keys or a repetition is left inside *plain*."""
    places = [place for place, letter in enumerate(plain) if letter.isalpha()]
    if not places or _repeats(plain):
        return True
    first, behind = places[0], places[-1] + 1
    if behind - first < _SHORTEST_CORE:
        return True
    starts = range(max(0, first - _DISGUISED_AT_EDGE), first + 1)
    ends = range(behind, min(len(plain), behind + _DISGUISED_AT_EDGE) + 1)
    return any(
        _is_guessable(reading)
        for start, end in product(starts, ends)
        for reading in _readings(plain[start:end])
    )


def _is_guessable(word: str) -> bool:
    is_pattern = len(word) >= _SHORTEST_PATTERN and (_repeats(word) or word in _RUNS)
    return is_pattern or word in _COMMON


def _repeats(text: str) -> bool:
    """Return whether *text* is something shorter, written several times."""
    return text in (text + text)[1:-1]


def _contains(readings: set[str], parts: Iterator[str]) -> bool:
    return any(part in reading for part in parts for reading in readings)


def _parts(name: str, shortest_word: int) -> Iterator[str]:
    """Yield each run of neighbouring words in *name*, joined; a word alone if not below *shortest_word*."""
    words = _WORD.findall(_plain(name))
    for start, end in combinations(range(len(words) + 1), 2):
        part = "".join(words[start:end])
        is_word_among_others = end - start == 1 < len(words)
        if len(part) >= (shortest_word if is_word_among_others else _SHORTEST_PART):
            yield part


def _readings(plain: str) -> set[str]:
    """Return what *plain* says with digits and symbols left out, and with some of them read as letters."""
    bare = "".join(filter(str.isalnum, plain))
    disguises = product((plain, bare), _READ_AS_LETTERS)
    letters = (plain, *(text.translate(table) for text, table in disguises))
    return {bare, *("".join(filter(str.isalpha, text)) for text in letters)}


def _plain(text: str) -> str:
    """Return *text* in small letters without accents; what only looks like a letter is one."""
    return _MARK.sub("", unicodedata.normalize("NFKD", text).casefold()).replace("đ", "d")


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
