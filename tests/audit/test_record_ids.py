"""Ids of records: new ones in order, and the same as any other UUID."""

from uuid import UUID, uuid4

import pytest

from app.audit.record_ids import new_record_id, read_record_id


def test_new_ids_are_uuids_of_version_7_each_later_than_the_one_before() -> None:
    ids = [new_record_id() for _ in range(1000)]

    assert ids == sorted(set(ids))
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}


def test_id_is_equal_to_the_usual_one_in_every_respect() -> None:
    usual = uuid4()
    read = read_record_id(str(usual))

    assert isinstance(read, UUID)
    assert (read, str(read), read.bytes, read.hex, hash(read)) == (
        usual,
        str(usual),
        usual.bytes,
        usual.hex,
        hash(usual),
    )
    assert {usual: "found"}[read] == "found"


def test_text_that_writes_no_id_is_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        read_record_id("no id")
