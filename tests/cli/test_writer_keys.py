"""`dancu keys …-writer`: the first key, the next, and what others check by."""

import json
from typing import Any

import pytest

from tests.cli.commands import ask, dancu
from tests.world import AUDIT_ROOT_KEY, Database


def keys_of(database: Database) -> list[tuple[str, bool]]:
    query = (
        "select json_agg(json_build_array(key_id, retired_at is null) order by created_at)"
        " from audit_writer_key"
    )
    return [tuple(one) for one in json.loads(ask(database.owner_url, query) or "[]")]


def said(database: Database, kind: str) -> list[dict[str, Any]]:
    query = (
        "select json_agg(convert_from(leaf, 'UTF8')::json order by record_id) from audit_record"
        " where kind = $1 and convert_from(leaf, 'UTF8')::jsonb ->> 'change' = 'writer key'"
    )
    return list(json.loads(ask(database.owner_url, query, kind) or "[]"))


def test_first_writer_key_comes_with_the_month_keys_once_and_is_on_record(migrated: Database) -> None:
    made = dancu("keys", "months", "--ahead", "1")
    ((key_id, is_current),) = keys_of(migrated)

    assert is_current
    assert f"made the first writer key; batches are checked by: {key_id}" in made.out
    assert "writer key" not in dancu("keys", "months", "--ahead", "1").out
    (record,) = said(migrated, "keys.made")
    assert record["after"] == key_id
    signed_by = ask(migrated.owner_url, "select string_agg(distinct writer_key_id, ' ') from audit_batch")
    assert signed_by == key_id


def test_installation_with_months_and_without_a_writer_key_gets_one(recordable: Database) -> None:
    ask(recordable.owner_url, "delete from audit_writer_key")
    assert dancu("units", "add", "Xã khác", "H19.34.13").refuses("no writer key", "dancu keys months")

    assert "made the first writer key" in dancu("keys", "months", "--ahead", "1").out
    assert len(said(recordable, "keys.made")) == 1


def test_rotation_is_introduced_by_the_former_key(recordable: Database) -> None:
    ((former, _),) = keys_of(recordable)

    answer = dancu("keys", "rotate-writer")

    (key_id,) = (one for one, is_current in keys_of(recordable) if is_current)
    assert key_id in answer.out
    (record,) = said(recordable, "keys.rotated")
    assert (record["before"], record["after"]) == (former, key_id)
    signers = ask(recordable.owner_url, "select string_agg(distinct writer_key_id, ' ') from audit_batch")
    assert signers == former


def test_keys_are_shown_the_oldest_first(recordable: Database) -> None:
    dancu("keys", "rotate-writer")
    (former, _), (key_id, _) = keys_of(recordable)

    assert dancu("keys", "show-writer").out.splitlines() == [f"{former} (retired)", key_id]


def test_where_there_is_none_the_way_to_the_first_is_shown(recordable: Database) -> None:
    ask(recordable.owner_url, "delete from audit_writer_key")

    assert dancu("keys", "show-writer").refuses("dancu keys months")
    assert dancu("keys", "rotate-writer").refuses("dancu keys months")


def test_another_root_key_rotates_nothing(recordable: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys_of(recordable)
    monkeypatch.setenv("DANCU_ROOT_KEY", AUDIT_ROOT_KEY)

    assert dancu("keys", "rotate-writer").code != 0
    assert keys_of(recordable) == before
