"""Who can read what was sealed."""

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.audit.sealing import (
    DataKey,
    MonthSecret,
    RootKey,
    SealBrokenError,
    SealedSubject,
    sealed_bytes,
    sealed_text,
)

RECORD, OTHER = UUID(int=1), UUID(int=2)
KEY = DataKey(bytes(range(32)))
SEALED = KEY.seal(RECORD, b"somebody")
_DERIVED = "b9cc54778af8090d92a63c640e7c18649cbac6b1e954468c09fdcc01daf177d1"


@given(st.binary(max_size=200), st.uuids())
def test_what_is_sealed_opens_again(subject: bytes, record_id: UUID) -> None:
    key = DataKey.generate()

    assert key.open(record_id, key.seal(record_id, subject)) == subject


@given(st.binary(max_size=200))
def test_sealed_text_reads_back(data: bytes) -> None:
    assert sealed_bytes(sealed_text(data)) == data


@pytest.mark.parametrize(
    ("key", "record_id", "sealed"),
    [
        (KEY, OTHER, SEALED),
        (DataKey(bytes(32)), RECORD, SEALED),
        (KEY, RECORD, SealedSubject("A" + SEALED.ciphertext[1:], SEALED.commitment)),
        (KEY, RECORD, SealedSubject(SEALED.ciphertext[:-4], SEALED.commitment)),
        (KEY, RECORD, SealedSubject("", SEALED.commitment)),
        (KEY, RECORD, SealedSubject("A", SEALED.commitment)),
        (KEY, RECORD, SealedSubject("đ" + SEALED.ciphertext, SEALED.commitment)),
        (KEY, RECORD, SealedSubject(SEALED.ciphertext + "!", SEALED.commitment)),
        (KEY, RECORD, SealedSubject(SEALED.ciphertext, KEY.seal(OTHER, b"somebody").commitment)),
        (KEY, RECORD, SealedSubject(SEALED.ciphertext, "")),
        (KEY, RECORD, SealedSubject(SEALED.ciphertext, "đ")),
    ],
)
def test_changed_seal_is_broken_and_nothing_else(
    key: DataKey, record_id: UUID, sealed: SealedSubject
) -> None:
    with pytest.raises(SealBrokenError):
        key.open(record_id, sealed)


def test_each_record_has_a_key_of_its_own() -> None:
    first, second = KEY.seal(RECORD, b"same"), KEY.seal(OTHER, b"same")

    assert first.ciphertext != second.ciphertext
    assert first.commitment != second.commitment


@pytest.mark.parametrize("length", [0, 10, 31, 32, 60, 80])
def test_bytes_that_nobody_sealed_are_no_data_key(length: int) -> None:
    secret = MonthSecret("H19/2026-05", X25519PrivateKey.generate(), bytes(32))

    with pytest.raises(SealBrokenError):
        secret.open_data_key(bytes(length), RECORD)


def test_wrapped_key_opens_under_its_name_and_root_only() -> None:
    root = RootKey(bytes(32))
    wrapped = root.wrap("one", b"key")

    assert root.unwrap("one", wrapped) == b"key"
    for other, name in ((root, "two"), (RootKey(bytes(31) + b"1"), "one")):
        with pytest.raises(SealBrokenError):
            other.unwrap(name, wrapped)


@pytest.mark.parametrize("wrapped", [b"", b"short", bytes(12), bytes(40)])
def test_bytes_that_nobody_wrapped_are_a_broken_seal(wrapped: bytes) -> None:
    with pytest.raises(SealBrokenError):
        RootKey(bytes(32)).unwrap("one", wrapped)


def test_wrapping_twice_never_looks_the_same() -> None:
    root = RootKey(bytes(32))

    assert root.wrap("one", b"key") != root.wrap("one", b"key")


def test_root_key_is_32_bytes_in_base64() -> None:
    assert len(RootKey.from_text(RootKey.generate_text()).secret) == 32
    for text in ("AAAA", "not base64", ""):
        with pytest.raises(ValueError, match=r"."):
            RootKey.from_text(text)


def test_derived_keys_differ_by_purpose_and_root() -> None:
    keys = {RootKey(bytes([root]) * 32).derive(purpose) for root in (1, 2) for purpose in ("a", "b")}

    assert len(keys) == 4
    assert RootKey(bytes(32)).derive("a") == RootKey(bytes(32)).derive("a")


def test_keys_print_nothing_of_themselves() -> None:
    assert "\\x" not in repr([KEY, RootKey(bytes(32))])


def test_a_root_key_opens_what_another_one_wrapped_and_wraps_under_its_own() -> None:
    old, new = RootKey(bytes(32)), RootKey(bytes([1] * 32))
    both = RootKey(new.secret, others=(old.secret,))

    assert both.unwrap("name", old.wrap("name", b"key")) == b"key"
    assert new.unwrap("name", both.wrap("name", b"key")) == b"key"
    with pytest.raises(SealBrokenError):
        both.alone.unwrap("name", old.wrap("name", b"key"))
    assert both.fingerprint == new.fingerprint != old.fingerprint


def test_a_root_key_derives_for_good_and_so_do_those_that_follow_it() -> None:
    first = RootKey(bytes(range(32)))
    second = RootKey.from_text(first.successor_text())
    third = RootKey.from_text(second.successor_text())

    # Digests under this key stand in databases: HKDF-SHA-256 without salt, info "dancu|idempotency".
    assert first.derive("idempotency").hex() == _DERIVED
    assert {key.derive("idempotency").hex() for key in (second, third)} == {_DERIVED}
    assert len({key.secret for key in (first, second, third)}) == 3
    assert first.secret not in (second.derivation, third.derivation)
    assert second.derive("lookup limits") != second.derive("idempotency")
    with pytest.raises(SealBrokenError):
        second.unwrap("name", first.wrap("name", b"key"))
