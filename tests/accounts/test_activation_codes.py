import hashlib
import math
from itertools import count

import pytest

from app.accounts.activation_codes import ALPHABET, code_digest, new_code


def test_a_code_is_hard_to_guess_and_easy_to_read() -> None:
    code = new_code()
    groups = code.split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 4, 4]
    assert math.log2(len(ALPHABET)) * 20 >= 80
    assert not set(ALPHABET) & set("01OILBSZU")
    assert new_code() != code


def test_a_code_follows_its_source_of_randomness() -> None:
    numbers = count()
    assert new_code(lambda below: next(numbers) % below) == "2345-6789-ACDE-FGHJ-KMNP"


@pytest.mark.parametrize(
    "typed",
    [
        "2345-6789-ACDE-FGHJ-KMNP",
        " 2345 6789 acde fghj kmnp\n",
        "23456789acdefghjkmnp",
        "Z34S–67B9–ACDE–FGHJ–KMNP",
    ],
)
def test_a_code_is_the_same_however_it_is_typed(typed: str) -> None:
    assert code_digest(typed) == hashlib.sha256(b"23456789ACDEFGHJKMNP").digest()


@pytest.mark.parametrize(
    "typed",
    ["", "2345", "2345-6789-ACDE-FGHJ-KMN0", "2345-6789-ACDE-FGHJ-KMNPQ", "２345-6789-ACDE-FGHJ-KMNP"],
)
def test_what_is_no_code_has_no_digest(typed: str) -> None:
    assert code_digest(typed) is None
