"""Names and addresses as people write them: hand-written pairs, and every one that is judged otherwise."""

from collections.abc import Callable

from app.lookup.addresses import compare_addresses
from app.lookup.gazetteer import load_gazetteer
from app.lookup.names import same_name
from app.lookup.verdicts import Verdict
from tests.lookup.corpus import Pair, an_address, pairs

MISSES = {
    # a bare name, which may be a street's
    ("Bến Thành, Quận 1, TPHCM", "Phường Bến Nghé, Quận 1, TPHCM"): Verdict.UNKNOWN,
    # a district without wards became a special zone: no pair of wards says so
    ("Huyện Côn Đảo, Tỉnh Bà Rịa - Vũng Tàu", "Đặc khu Côn Đảo, TPHCM"): Verdict.UNKNOWN,
    # a street called like a hamlet
    ("12 Ấp Bắc, Phường Mẫu", "12 đường Ấp Bắc, Phường Mẫu"): Verdict.UNKNOWN,
    # no commas, and a commune's name that ends in the word commune
    ("Xã Tân Xã Huyện Thạch Thất Hà Nội", "Xã Tân Xã, Huyện Thạch Thất, Hà Nội"): Verdict.UNKNOWN,
    # the house's number behind its street
    ("Lê Lợi 12, Phường Bến Nghé, Quận 1", "12 Lê Lợi, Phường Bến Nghé, Quận 1"): Verdict.UNKNOWN,
    # number and street run together
    ("12LêLợi, Phường Bến Nghé", "12 Lê Lợi, Phường Bến Nghé"): Verdict.NO,
    # a number in words
    ("Phường Bến Nghé, Quận Nhất, TPHCM", "Phường Bến Nghé, Quận 1, TPHCM"): Verdict.UNKNOWN,
    # accents in one word and not in the next
    ("Phường Sai Gon, TPHCM", "Phường Sài Gòn, TPHCM"): Verdict.UNKNOWN,
}
"""What is judged otherwise than its writer thinks, and how: known, listed, and no more than these."""


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    every = [*pairs("names"), *pairs("addresses")]
    assert len(every) >= 500
    assert len({(pair.asked, pair.recorded) for pair in every}) == len(every)
    assert {pair.expected for pair in every} == set(Verdict)


def test_names_are_judged_as_their_writer_thinks() -> None:
    assert _misses("names", _judge_names) == {}


def test_addresses_are_judged_as_their_writer_thinks_but_for_known_misses() -> None:
    assert _misses("addresses", _judge_addresses) == MISSES


def test_only_one_miss_says_no_to_what_is_true_and_none_says_yes_to_what_is_not() -> None:
    assert [verdict for verdict in MISSES.values() if verdict is not Verdict.UNKNOWN] == [Verdict.NO]


def test_an_address_is_its_own_unless_its_words_contradict_its_codes() -> None:
    every = {text for pair in pairs("addresses") for text in (pair.asked, pair.recorded)}
    others = {
        text for text in every if _judge_addresses(Pair(text, text, Verdict.YES, "")) is not Verdict.YES
    }
    assert others == {
        "[26740/760/79] 12 Lê Lợi, Phường Bến Thành, Quận 1",
        "[//01] Phường Bến Nghé, Quận 1",
        "[/760/79] Phường Giảng Võ",
    }


def _misses(name: str, judge: Callable[[Pair], Verdict]) -> dict[tuple[str, str], Verdict]:
    return {
        (pair.asked, pair.recorded): found
        for pair in pairs(name)
        if (found := judge(pair)) is not pair.expected
    }


def _judge_names(pair: Pair) -> Verdict:
    return Verdict.YES if same_name(pair.asked, pair.recorded) else Verdict.NO


def _judge_addresses(pair: Pair) -> Verdict:
    return compare_addresses(load_gazetteer(), an_address(pair.asked), an_address(pair.recorded))
