"""The digest that is begun once: it is HMAC-SHA-256, byte for byte."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.keyed_digest import KeyedDigest


@given(st.binary(max_size=64), st.lists(st.binary(max_size=200), min_size=1, max_size=3))
def test_digests_are_those_of_hmac_however_many_one_key_makes(key: bytes, messages: list[bytes]) -> None:
    digest = KeyedDigest(key)

    assert [digest.of(one) for one in messages] == [hmac.digest(key, one, "sha256") for one in messages]


def test_digest_is_that_of_rfc_4231() -> None:
    told = KeyedDigest(b"Jefe").of(b"what do ya want for nothing?")

    assert told.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_key_longer_than_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        KeyedDigest(bytes(65))
