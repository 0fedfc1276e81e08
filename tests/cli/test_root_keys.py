"""`dancu keys rotate-root|replace-months|recover-root`: all or nothing, on record, nobody begins anew."""

import asyncio
import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import LargeBinary

from app.audit.sealing import RootKey
from app.cli import invented
from app.cli.root_keys import carry_out, root_key_findings, rotation_of
from app.cli.wrapped_keys import UNDER_AUDITING_ROOT, UNDER_SERVING_ROOT
from app.database.metadata import METADATA
from app.errors import ConfigurationError
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.cli.commands import ask, dancu
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import AUDIT_ROOT_KEY, ROOT_KEY, Database, World, past_the_guards

OLD_ROOT = RootKey.from_text(ROOT_KEY)
NEW = OLD_ROOT.successor_text()
NEW_ROOT = RootKey.from_text(NEW)
ONE_KEY: dict[str, Any] = {"Idempotency_Key": "9f0c6c5e-1d7b-4f0e-8a49-1a2b3c4d5e6f"}
THU = "099190000017"
_ROTATED = "select leaf from audit_record where kind = 'keys.rotated' order by record_id desc limit 1"


def test_a_root_key_that_follows_is_made_once_and_for_its_owner(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DANCU_ROOT_KEY", ROOT_KEY)
    made = dancu("keys", "create-root", str(tmp_path / "next.key"))
    root = RootKey.from_text((tmp_path / "next.key").read_text(encoding="utf-8"))
    assert root.fingerprint in made.out
    assert root.derivation == OLD_ROOT.derivation
    assert (tmp_path / "next.key").stat().st_mode & 0o777 == 0o600
    assert dancu("keys", "create-root", str(tmp_path / "next.key")).refuses("next.key")
    dancu("keys", "create-root", str(tmp_path / "auditing.key"), "--auditing")
    other = RootKey.from_text((tmp_path / "auditing.key").read_text(encoding="utf-8"))
    assert other.derivation != OLD_ROOT.derivation


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    file = tmp_path / "new.key"
    file.write_text(NEW + "\n", encoding="utf-8")
    return file


def serving(world: World, **settings: Any) -> AbstractAsyncContextManager[Gateway]:
    transport = httpx.ASGITransport(create_mock(MockConfig()))
    return running_gateway(world, an_upstream(), transport=transport, **settings)


async def rotate(world: World, new_file: Path, *, auditing: bool = False, **settings: Any) -> int:
    """Rotate as the command does; return how many keys were wrapped anew."""
    known = world.settings(migration_database_url=SecretStr(world.database.owner_url), **settings)
    plans = await carry_out(known, rotation_of(known, new_file, auditing=auditing))
    return sum(len(plan.changes) for plan in plans)


async def found_by_auditor(gateway: Gateway) -> list[dict[str, Any]]:
    token = await gateway.sign_in(invented.AUDITOR, accept_notice=False)
    body = {"case_number": "TTr-12/2026", "citizen_id_number": THU}
    answer = await gateway.http.post("/v1/audit/searches", json=body, headers=bearer(token))
    found: list[dict[str, Any]] = answer.raise_for_status().json()["lookups"]
    return found


def test_every_column_of_wrapped_keys_is_rotated() -> None:
    named = {
        column
        for table in METADATA.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
        and (column.name.startswith("wrapped_") or column.name == "private_key" or "index_key" in column.name)
    }
    assert named == {each.column for each in (*UNDER_SERVING_ROOT, *UNDER_AUDITING_ROOT)}


async def test_a_root_key_is_rotated_while_gateways_serve_and_nobody_notices(
    world: World, new_file: Path
) -> None:
    async with serving(world, other_root_key=SecretStr(NEW)) as gateway:
        token = await gateway.sign_in()
        first = await gateway.look_up(token, **ONE_KEY)
        await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False)
        assert await rotate(world, new_file, other_root_key=SecretStr(NEW)) > 0

        assert (await gateway.look_up(token)).status_code == 200
        await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False)  # her second factor opens
        (record,) = await gateway.records("keys.rotated")
    assert (record["change"], record["before"]) == ("root key", OLD_ROOT.fingerprint)
    assert record["after"] == NEW_ROOT.fingerprint

    async with serving(world, root_key=SecretStr(NEW)) as gateway:
        again = await gateway.look_up(token, **ONE_KEY)
        assert (again.status_code, again.json()["lookup_id"]) == (409, first.json()["lookup_id"])
        await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False)


async def test_a_gateway_without_the_new_root_key_says_so_and_does_not_start_again(
    world: World, new_file: Path
) -> None:
    async def can_sign() -> bool:
        return bool((await gateway.http.get("/readyz")).json()["checks"]["token_key"])

    async with serving(world) as gateway:
        assert await can_sign()
        await rotate(world, new_file)
        async with asyncio.timeout(30):
            while await can_sign():  # noqa: ASYNC110 - nothing to await
                await asyncio.sleep(0.02)
        assert (await gateway.http.get("/readyz")).status_code == 503
    with pytest.raises(ConfigurationError):
        async with serving(world):
            pass


async def test_records_of_before_are_found_under_the_next_auditing_root_key(
    world: World, new_file: Path
) -> None:
    async with serving(world, other_audit_root_key=SecretStr(NEW)) as gateway:
        await gateway.look_up(await gateway.sign_in())
        assert await rotate(world, new_file, auditing=True) == 2 * 4  # two keys of each of four months
        (during,) = await found_by_auditor(gateway)
    async with serving(world, audit_root_key=SecretStr(NEW)) as gateway:
        (after,) = await found_by_auditor(gateway)
        (record,) = await gateway.records("keys.rotated")
    assert during == after
    assert after["citizen"] == "*********017"
    assert record["change"] == "auditing root key"


def test_a_rotation_is_counted_first_then_done_then_swept(
    recordable: Database, new_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dancu("keys", "months", "--ahead", "1")
    rehearsed = dancu("keys", "rotate-root", str(new_file), "--dry-run")
    assert "token_key.wrapped_key: 1 to wrap anew, 0 under the new key already" in rehearsed.out
    assert "nothing was changed" in rehearsed.out

    done = dancu("keys", "rotate-root", str(new_file))
    assert (done.code, done.err) == (0, "")
    assert "audit_month_key.serving_index_key: 4 wrapped anew" in done.out
    assert dancu("keys", "list-token").out.count("unusable") == 1

    monkeypatch.setenv("DANCU_OTHER_ROOT_KEY", ROOT_KEY)
    monkeypatch.setenv("DANCU_ROOT_KEY", NEW)
    dancu("keys", "rotate-token", "--in", "1")
    swept = dancu("keys", "rotate-root", str(new_file))
    assert "token_key.wrapped_key: 0 wrapped anew, 2 under the new key already" in swept.out
    assert ask(recordable.owner_url, "select count(*) from audit_record where kind = 'keys.rotated'") == 2


async def test_the_check_counts_what_stands_under_another_root_key(world: World, new_file: Path) -> None:
    async def said(*, auditing: bool, root: RootKey) -> str:
        url = world.database.auditing_url if auditing else world.database.serving_url
        return "; ".join([text async for _, text in root_key_findings(url, root, auditing=auditing)])

    both = RootKey(NEW_ROOT.secret, others=(OLD_ROOT.secret,))
    auditing = RootKey.from_text(AUDIT_ROOT_KEY)
    assert await said(auditing=False, root=OLD_ROOT) == ""
    assert "under DANCU_OTHER_ROOT_KEY: " in await said(auditing=False, root=both)
    await rotate(world, new_file)
    assert "nothing stands under DANCU_OTHER_ROOT_KEY" in await said(auditing=False, root=both)
    assert "not given here: token_key.wrapped_key: 1" in await said(auditing=False, root=OLD_ROOT)
    assert await said(auditing=True, root=auditing) == ""
    assert "under DANCU_OTHER_AUDIT_ROOT_KEY: 8" in await said(
        auditing=True, root=RootKey(NEW_ROOT.secret, others=(auditing.secret,))
    )


def test_a_rotation_that_cannot_be_recorded_changes_nothing(recordable: Database, new_file: Path) -> None:
    before = ask(recordable.owner_url, "select string_agg(serving_index_key, '') from audit_month_key")
    ask(recordable.owner_url, "alter table audit_record rename to away")
    assert dancu("keys", "rotate-root", str(new_file)).refuses("could not be recorded")
    assert (
        ask(recordable.owner_url, "select string_agg(serving_index_key, '') from audit_month_key") == before
    )


def test_what_opens_with_no_key_stops_a_rotation_until_it_is_to_be_left(
    recordable: Database, new_file: Path
) -> None:
    ask(
        recordable.owner_url,
        "insert into token_key (kid, wrapped_key, signs_from) values ('00000000000000aa', $1, now())",
        bytes(60),
    )
    refused = dancu("keys", "rotate-root", str(new_file))
    assert refused.refuses("token_key.wrapped_key: 1", "--leave-unopened")
    done = dancu("keys", "rotate-root", str(new_file), "--leave-unopened")
    assert (
        "token_key.wrapped_key: 0 wrapped anew, 0 under the new key already, 1 that no key opens" in done.out
    )
    facts = json.loads(ask(recordable.owner_url, _ROTATED))
    assert (facts["change"], facts["after"]) == ("root key", NEW_ROOT.fingerprint)


@pytest.mark.parametrize(
    ("content", "options", "word"),
    [
        ("not a key", (), "32 random bytes"),
        ("khóa", (), "32 random bytes"),
        (AUDIT_ROOT_KEY, (), "two keys"),
        (ROOT_KEY, ("--auditing",), "two keys"),
        (RootKey.generate_text(), (), "create-root"),
    ],
    ids=["no key", "accents", "auditing's for serving", "serving's for auditing", "one that follows none"],
)
def test_what_is_no_new_root_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, new_file: Path, content: str, options: tuple[str, ...], word: str
) -> None:
    monkeypatch.setenv("DANCU_ROOT_KEY", ROOT_KEY)
    monkeypatch.setenv("DANCU_AUDIT_ROOT_KEY", AUDIT_ROOT_KEY)
    new_file.write_text(content, encoding="utf-8")
    assert dancu("keys", "rotate-root", str(new_file), *options).refuses(word)


def test_the_auditing_root_key_is_rotated_only_where_it_is_given(
    monkeypatch: pytest.MonkeyPatch, new_file: Path
) -> None:
    monkeypatch.setenv("DANCU_ROOT_KEY", ROOT_KEY)
    refused = dancu("keys", "rotate-root", str(new_file), "--auditing")
    assert refused.refuses("DANCU_AUDIT_ROOT_KEY")


def test_keys_of_coming_months_are_made_anew_and_no_others(recordable: Database) -> None:
    query = "select string_agg(month || encode(public_key, 'hex'), ' ' order by month) from audit_month_key"
    before = ask(recordable.owner_url, query).split()
    done = dancu("keys", "replace-months")
    after = ask(recordable.owner_url, query).split()
    facts = json.loads(ask(recordable.owner_url, _ROTATED))
    changed = [one[:7] for one, other in zip(before, after, strict=True) if one != other]
    assert facts["months"].split() == changed
    assert ", ".join(changed) in done.out
    assert len(changed) in {1, 2}  # on a month's last day the next one may have begun somewhere
    assert before[:2] == after[:2]


def test_a_new_root_key_serves_where_the_former_was_lost(
    recordable: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    dancu("keys", "months", "--ahead", "1")
    monkeypatch.setenv("DANCU_ROOT_KEY", NEW)
    assert dancu("keys", "rotate-token", "--now").refuses("DANCU_ROOT_KEY")
    ask(recordable.owner_url, "alter table audit_record rename to away")
    assert dancu("keys", "recover-root").refuses("could not be recorded", "again")
    ask(recordable.owner_url, "alter table away rename to audit_record")
    recovered = dancu("keys", "recover-root")
    assert (recovered.code, recovered.err) == (0, "")
    facts = json.loads(ask(recordable.owner_url, f"{_ROTATED} offset 1"))
    assert (facts["after"], facts["reason"]) == (NEW_ROOT.fingerprint, "lost")
    facts = json.loads(ask(recordable.owner_url, _ROTATED))
    key = "select key_id from audit_writer_key where (retired_at is null) = $1"
    assert (facts["before"], facts["after"]) == tuple(
        ask(recordable.owner_url, key, at) for at in (False, True)
    )
    assert dancu("keys", "rotate-token", "--now").code == 0
    assert "unusable" not in dancu("keys", "list-token").out


def test_a_public_key_that_auditing_does_not_open_is_not_vouched_for(
    recordable: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_ROOT_KEY", NEW)
    newest = "(select max(month) from audit_month_key)"
    planted = f"update audit_month_key set public_key = sha256('') where month = {newest}"  # noqa: S608 - ours
    ask(recordable.owner_url, past_the_guards(planted))
    assert dancu("keys", "recover-root").refuses("public key")
    assert dancu("keys", "rotate-token", "--now").refuses("DANCU_ROOT_KEY")


def test_coming_months_are_read_by_a_new_auditing_root_key_where_the_former_was_lost(
    recordable: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_AUDIT_ROOT_KEY", RootKey.generate_text())
    assert dancu("keys", "replace-months").refuses("DANCU_AUDIT_ROOT_KEY")
    assert dancu("keys", "replace-months", "--auditing-key-lost").code == 0
    assert dancu("keys", "months", "--ahead", "6").code == 0
