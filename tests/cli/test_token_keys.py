"""`dancu keys rotate-token|list-token`, the first token key, and what `dancu check` says of them."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.accounts.token_keys import TokenKey, TokenKeys
from app.audit.sealing import RootKey
from app.cli.token_keys import judge, rotate
from app.settings import Settings
from tests.cli.commands import UPSTREAM, a_process, ask, dancu, free_port
from tests.world import Database

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
KEY = re.compile(r"\b[0-9a-f]{16}\b")


@pytest.fixture
def first(migrated: Database) -> str:
    """The first key's id, in a database whose operator made the months' keys."""
    return str(KEY.findall(dancu("keys", "months", "--ahead", "1").out)[-1])


def listed() -> dict[str, list[str]]:
    """Return the ids that `dancu keys list-token` shows, by state."""
    found: dict[str, list[str]] = {}
    for line in dancu("keys", "list-token").out.splitlines():
        kid, state = line.split()[:2]
        found.setdefault(state, []).append(kid)
    return found


def test_making_month_keys_makes_the_first_token_key_once(migrated: Database) -> None:
    made = dancu("keys", "months", "--ahead", "1")
    assert "made the first token key" in made.out
    assert "token key" not in dancu("keys", "months", "--ahead", "1").out
    assert ask(migrated.owner_url, "select count(*) from token_key") == 1


def test_a_rotation_says_when_in_vietnams_time(first: str, migrated: Database) -> None:
    answer = dancu("keys", "rotate-token")
    assert (answer.code, answer.err) == (0, "")
    coming, former = answer.out.splitlines()
    in_vietnam = ask(
        migrated.owner_url,
        "select to_char(signs_from at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD HH24:MI:SS') from token_key"
        " where kid <> $1",
        first,
    )
    assert coming.endswith(f"signs from {in_vietnam} (Vietnam)")
    assert former.startswith(f"token key {first} verifies until ")


def test_a_rotation_signs_after_a_day_or_as_many_hours_as_asked(first: str, migrated: Database) -> None:
    ahead = "select extract(epoch from signs_from - created_at) / 3600 from token_key where kid <> $1"
    dancu("keys", "rotate-token")
    assert float(ask(migrated.owner_url, ahead, first)) == pytest.approx(24, abs=0.1)
    ask(migrated.owner_url, "delete from token_key where kid <> $1", first)
    dancu("keys", "rotate-token", "--in", "2")
    assert float(ask(migrated.owner_url, ahead, first)) == pytest.approx(2, abs=0.1)


def test_the_list_shows_each_key_in_its_state(first: str) -> None:
    assert listed() == {"current": [first]}
    coming = KEY.findall(dancu("keys", "rotate-token").out)[0]
    assert listed() == {"current": [first], "coming": [coming]}


def test_a_second_rotation_is_refused_while_one_is_coming(first: str) -> None:
    coming = KEY.findall(dancu("keys", "rotate-token").out)[0]
    assert dancu("keys", "rotate-token").refuses(coming, "is coming already", "--now")
    assert listed() == {"current": [first], "coming": [coming]}


def test_a_leaked_key_is_replaced_at_once_with_all_others(first: str) -> None:
    coming = KEY.findall(dancu("keys", "rotate-token").out)[0]
    answer = dancu("keys", "rotate-token", "--now")
    assert answer.code == 0
    signs, gone = answer.out.splitlines()
    assert signs.endswith("signs at once")
    assert set(KEY.findall(gone)) == {first, coming}
    assert listed() == {"current": KEY.findall(signs)}


def test_now_and_in_contradict_each_other(first: str) -> None:
    answer = dancu("keys", "rotate-token", "--now", "--in", "3")
    assert answer.code == 2
    assert "contradict" in answer.err
    assert listed() == {"current": [first]}


@pytest.mark.parametrize("hours", ["0", "-1", "721", "soon"])
def test_a_rotation_lies_between_an_hour_and_thirty_days_ahead(first: str, hours: str) -> None:
    assert dancu("keys", "rotate-token", "--in", hours).code == 2
    assert listed() == {"current": [first]}


@pytest.mark.parametrize("options", [(), ("--now",)])
def test_no_rotation_is_made_with_another_root_key(
    first: str, migrated: Database, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DANCU_ROOT_KEY", RootKey.generate_text())
    assert dancu("keys", "rotate-token", *options).refuses("DANCU_ROOT_KEY", "not the key")
    assert ask(migrated.owner_url, "select string_agg(kid, ' ') from token_key") == first


@pytest.mark.parametrize("command", ["rotate-token", "list-token"])
def test_the_root_key_is_named_where_it_is_missing(
    first: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("DANCU_ROOT_KEY")
    assert dancu("keys", command).refuses("DANCU_ROOT_KEY")


def test_a_rotation_needs_the_owner(first: str, migrated: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_MIGRATION_DATABASE_URL", migrated.serving_url)
    assert dancu("keys", "rotate-token").refuses("DANCU_MIGRATION_DATABASE_URL")


def test_the_list_names_rows_that_do_not_open(first: str, migrated: Database) -> None:
    ask(
        migrated.owner_url,
        "insert into token_key (kid, wrapped_key, signs_from) values (repeat('0', 16),"
        " decode(repeat('00', 60), 'hex'), now())",
    )
    answer = dancu("keys", "list-token")
    assert f"'{'0' * 16}'  unusable: does not open with DANCU_ROOT_KEY" in answer.out
    assert f"{first}  current" in answer.out


def test_the_list_says_where_no_key_signs(migrated: Database) -> None:
    assert dancu("keys", "list-token").out == "no token key signs; run: dancu check\n"


def test_a_rotation_without_any_key_makes_one_that_signs_at_once(migrated: Database) -> None:
    dancu("keys", "months", "--ahead", "1")
    ask(migrated.owner_url, "delete from token_key")
    assert dancu("keys", "rotate-token").out.endswith("signs at once\n")


def test_what_a_rotation_returns_names_the_keys_and_no_secret(first: str) -> None:
    rotation = asyncio.run(rotate(Settings(), timedelta(hours=24)))
    assert rotation.former_kid == first
    assert rotation.former_verifies_until == rotation.signs_from + timedelta(minutes=61)
    replaced = asyncio.run(rotate(Settings(), None))
    assert set(replaced.revoked_kids) == {first, rotation.kid}


def _a_key(days: float) -> TokenKey:
    return TokenKey.generate(NOW + timedelta(days=days))


JUDGEMENTS = {
    "new": (TokenKeys((_a_key(-1),)), [(True, "signs access tokens")]),
    "old": (TokenKeys((_a_key(-91),)), [(None, "has signed for 91 days, run: dancu keys rotate-token")]),
    "old, one is coming": (TokenKeys((_a_key(-91), _a_key(1))), [(True, "signs access tokens")]),
    "none": (TokenKeys(), [(False, "run: dancu keys months")]),
    "none that opens": (
        TokenKeys((), ("0" * 16,)),
        [(False, "run: dancu keys rotate-token --now"), (None, "are not used: 1")],
    ),
    "one too many": (
        TokenKeys((_a_key(-1),), ("0" * 16, "1" * 16)),
        [(True, "signs access tokens"), (None, "are not used: 2")],
    ),
}


@pytest.mark.parametrize(("keys", "wanted"), JUDGEMENTS.values(), ids=JUDGEMENTS)
def test_check_judges_token_keys(keys: TokenKeys, wanted: list[tuple[bool | None, str]]) -> None:
    said = list(judge(keys, NOW))
    assert [is_good for is_good, _ in said] == [is_good for is_good, _ in wanted]
    assert all(words in text for (_, text), (_, words) in zip(said, wanted, strict=True))


def test_a_gateway_without_a_token_key_ends_and_says_why(
    migrated: Database, first: str, tmp_path: Path
) -> None:
    ask(migrated.owner_url, "delete from token_key")
    settings = UPSTREAM | {
        "DANCU_AUTHORITY_CODE": "H19",
        "DANCU_DATABASE_URL": migrated.serving_url,
        "DANCU_ROOT_KEY": _root_key(),
        "DANCU_PORT": str(free_port()),
        "DANCU_UPSTREAM_BASE_URL": "http://127.0.0.1:9",
    }
    with a_process(tmp_path / "out", "-m", "app", "serve", environment=settings) as gateway:
        assert gateway.popen.wait(40) == 3
    assert "no token key in the database opens with DANCU_ROOT_KEY" in gateway.written
    assert "dancu keys months" in gateway.written


def _root_key() -> str:
    root = Settings().root_key
    assert root is not None
    return root.get_secret_value()
