"""The bytes of the evidence."""

import dataclasses
import json
import re
import unicodedata
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.record import (
    MAX_LEAF_BYTES,
    Claim,
    Draft,
    Outcome,
    RecordKind,
    Value,
    canonical,
    instant_text,
    leaf_hash,
    read_leaf,
)
from app.audit.record_fields import LEAF_FIELDS, WRITER_FIELDS
from tests.audit.workbench import NOON, a_claim, a_draft, an_intent, an_outcome

CLEAN_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs"))).map(
    lambda text: unicodedata.normalize("NFC", text)
)
NAMES = sorted(LEAF_FIELDS.keys() - WRITER_FIELDS - {"officer_id", "unit_id", "lookup_id", "outcome"})


def _value_of(name: str) -> st.SearchStrategy[Value]:
    return st.integers(-(2**53) + 1, 2**53 - 1) if LEAF_FIELDS[name] is int else CLEAN_TEXT


@st.composite
def some_facts(draw: st.DrawFn) -> dict[str, Value]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=8))
    return {name: draw(_value_of(name)) for name in names}


def as_rfc_8785_says(facts: dict[str, Value]) -> bytes:
    """Section 3.2, for members that are strings without control characters, or integers."""

    def written(value: Value) -> str:
        if isinstance(value, int):
            return str(value)
        return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'

    in_order = sorted(facts, key=lambda name: name.encode("utf-16-be"))
    return ("{" + ",".join(f"{written(name)}:{written(facts[name])}" for name in in_order) + "}").encode()


@given(some_facts())
def test_canonical_bytes_are_those_of_rfc_8785(facts: dict[str, Value]) -> None:
    assert canonical(facts) == as_rfc_8785_says(facts)


@given(some_facts())
def test_canonical_bytes_read_back_as_the_same_facts_in_any_order(facts: dict[str, Value]) -> None:
    leaf = canonical(dict(reversed(facts.items())))

    assert read_leaf(leaf) == facts
    assert canonical(read_leaf(leaf)) == leaf


@given(some_facts())
def test_clean_facts_pass_the_check(facts: dict[str, Value]) -> None:
    Draft(RecordKind.SIGN_IN_FAILED, NOON, facts).check()


@pytest.mark.parametrize(
    "facts",
    [
        {"role": "e", "reason": "\u0301 alone", "unit_code": "x"},  # marks of two facts never combine
        {"address": "số 1 \u2028 tầng 2", "legal_basis": "Điều 14"},  # not printable, and may be written
        {"case_number": "", "duration_ms": 2**53 - 1, "paper_asked": -(2**53) + 1},
    ],
)
def test_facts_that_are_clean_one_by_one_pass_together(facts: dict[str, Value]) -> None:
    Draft(RecordKind.SIGN_IN_FAILED, NOON, facts).check()


@pytest.mark.parametrize("unclean", ["e\u0301", "a\x85b", "a\ud800b", "\x00"])
@pytest.mark.parametrize("beside", ["plain", "Điều 14", ""])
def test_unclean_fact_is_named_whatever_stands_beside_it(unclean: str, beside: str) -> None:
    with pytest.raises(ValueError, match=r"^field reason is not clean NFC text$"):
        a_draft(address=beside, reason=unclean, unit_code=beside).check()


@pytest.mark.parametrize("recurring", ["unit_code", "legal_basis"])
def test_a_text_that_recurs_is_refused_each_time_it_is_unclean(recurring: str) -> None:
    a_draft(**{recurring: "Điều 14"}).check()
    for _ in range(2):
        with pytest.raises(ValueError, match=rf"^field {recurring} is not clean NFC text$"):
            a_draft(**{recurring: unicodedata.normalize("NFD", "Điều 14")}).check()


def test_a_text_that_is_known_is_no_id_and_an_enums_member_no_text() -> None:
    a_draft(role=Outcome.FOUND.value, client_id="found").check()
    for _ in range(2):
        with pytest.raises(ValueError, match="field officer_id is not an id"):
            a_draft(role="found", officer_id="found").check()
        with pytest.raises(ValueError, match="field role must be str"):
            a_draft(role=Outcome.FOUND).check()


def test_long_texts_that_recur_are_counted_in_full() -> None:
    recurring = ("unit_code", "legal_basis", "procedure_code", "fields_asked")
    for size, fits in ((400, True), (401, True), (7_000, True), (8_000, False)):
        draft = a_draft(**dict.fromkeys(recurring, "x" * size))
        for _ in range(2):
            if fits:
                draft.check()
            else:
                with pytest.raises(ValueError, match="32 KiB"):
                    draft.check()


@pytest.mark.parametrize(
    "text", ["", f"{UUID(int=1)}\n", UUID(int=1).hex, f"urn:uuid:{UUID(int=1)}", "１" * 36]
)
def test_id_in_any_other_writing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unit_id"):
        a_draft(unit_id=text).check()


@given(st.datetimes(datetime(1900, 1, 2), datetime(2999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001
def test_times_are_written_in_utc_and_cut_to_milliseconds(instant: datetime) -> None:
    written = instant.astimezone(UTC).isoformat(timespec="milliseconds")

    assert instant_text(instant) == written.replace("+00:00", "Z")
    assert instant_text(instant.replace(microsecond=0)) == f"{written[:19]}.000Z"


def test_leaf_hash_is_that_of_rfc_6962() -> None:
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_leaf_beyond_32_kib_is_refused() -> None:
    beyond = {"address": "x" * (MAX_LEAF_BYTES - len(canonical({"address": ""})))}
    assert len(canonical(beyond)) == MAX_LEAF_BYTES
    with pytest.raises(ValueError, match="32 KiB"):
        canonical({"address": beyond["address"] + "x"})


@pytest.mark.parametrize(
    "leaf",
    [
        b"[]",
        b"1",
        b"",
        b"{",
        b"[" * 30_000,
        b'{"a":1.5}',
        b'{"a":1.0}',
        b'{"a":NaN}',
        b'{"a":true}',
        b'{"a":null}',
        b'{"a":["b"]}',
        b'{"a":{"b":1}}',
        b'{"a":9007199254740992}',
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":-0}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\u0000"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        '{"a":"e\u0301"}'.encode(),
        '{"a":1}'.encode("utf-16"),
        b'{"a":"' + b"x" * MAX_LEAF_BYTES + b'"}',
    ],
)
def test_bytes_that_canonical_never_writes_are_no_record(leaf: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_leaf(leaf)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("surname", "x"),
        ("role", 1),
        ("duration_ms", "1"),
        ("duration_ms", True),
        ("role", Outcome.FOUND),
        ("duration_ms", 2**53),
        ("duration_ms", -(2**53)),
        ("role", "a\x00b"),
        ("role", "a\nb"),
        ("role", "a\x7fb"),
        ("role", "a\x85b"),
        ("role", "a\ud800b"),
        ("role", "e\u0301"),
        ("officer_id", "nobody"),
        ("unit_id", "{01890a5d-ac96-774b-bcce-b302099a8057}"),
        ("lookup_id", "01890A5D-AC96-774B-BCCE-B302099A8057"),
        ("outcome", "found"),
        *((name, 1 if LEAF_FIELDS[name] is int else "x") for name in sorted(WRITER_FIELDS)),
    ],
)
def test_fact_that_cannot_be_written_is_refused_without_its_value(name: str, value: Value) -> None:
    with pytest.raises(ValueError, match=r"field|outcome") as caught:
        a_draft(**{name: value}).check()

    assert repr(value) not in str(caught.value)


@pytest.mark.parametrize(
    "draft",
    [
        a_draft(RecordKind.LOOKUP_OUTCOME, outcome="found"),
        a_draft(RecordKind.LOOKUP_OUTCOME, lookup_id=str(UUID(int=1))),
        a_draft(RecordKind.LOOKUP_OUTCOME, lookup_id=str(UUID(int=1)), outcome="perhaps"),
        a_draft(RecordKind.LOOKUP_INTENT, lookup_id=str(UUID(int=1))),
        a_draft(RecordKind.LOOKUP_REFUSED, lookup_id=str(UUID(int=1))),
        dataclasses.replace(a_draft(), time=datetime(2026, 1, 1)),  # noqa: DTZ001 - the point
        dataclasses.replace(a_draft(), searched_number="12\ud800"),
        an_intent(Claim(b"short", bytes(32))),
        an_intent(Claim(bytes(32), b"short")),
        a_draft(address="x" * MAX_LEAF_BYTES),
        dataclasses.replace(a_draft(), subject=bytes(24 * 1024)),
    ],
)
def test_draft_that_would_fail_its_batch_is_refused(draft: Draft) -> None:
    with pytest.raises(ValueError, match=r"."):
        draft.check()


@pytest.mark.parametrize("draft", [an_intent(a_claim()), an_outcome(), a_draft(unit_id=str(UUID(int=7)))])
def test_ordinary_draft_passes(draft: Draft) -> None:
    draft.check()


def test_lookup_of_a_record_is_its_own_or_the_one_it_names() -> None:
    intent, refusal = an_intent(), a_draft(RecordKind.LOOKUP_REFUSED)

    assert (intent.lookup_id, refusal.lookup_id) == (intent.record_id, refusal.record_id)
    assert an_outcome(UUID(int=5)).lookup_id == UUID(int=5)
    assert a_draft().lookup_id is None


def test_time_is_kept_in_the_milliseconds_that_leaves_write() -> None:
    draft = Draft(RecordKind.TOKEN_REFUSED, datetime(2026, 1, 1, 0, 0, 0, 123_999, tzinfo=UTC), {})

    assert draft.time.microsecond == 123_000


def test_draft_prints_nobody() -> None:
    assert "099190000017" not in repr(an_intent())


def test_leaf_stays_json_for_every_reader() -> None:
    assert json.loads(canonical({"address": "Đường số 1 \u2028", "duration_ms": -5})) == {
        "address": "Đường số 1 \u2028",
        "duration_ms": -5,
    }
