"""`dancu officers post|second|leave|codes|incomplete`, `reviews`, `units declare|progress`."""

import stat
from pathlib import Path

import pytest

from tests.accounts.slips import codes_on
from tests.cli.commands import ask, dancu
from tests.world import Database

pytestmark = pytest.mark.usefixtures("recordable")
LETTER = ("--document", "12/TB-UBND")


@pytest.fixture(autouse=True)
def _an_officer(recordable: Database) -> None:
    assert dancu("units", "add", "Ủy ban nhân dân xã Mẫu", "H19.34.12").code == 0
    assert dancu("units", "add", "Ủy ban nhân dân xã Bên", "H19.34.13").code == 0
    assert dancu("officers", "add", "can.bo", "Nguyễn Thị Mẫu", "--unit", "H19.34.12").code == 0


def last_kind(database: Database) -> str:
    """Return what the record written last is of."""
    query = "select kind from audit_record where kind not like 'writer.%' order by record_id desc limit 1"
    return str(ask(database.owner_url, query))


def test_an_officer_is_posted_seconded_and_leaves_each_on_record(recordable: Database) -> None:
    posted = dancu("officers", "post", "Can.Bo", "H19.34.13", *LETTER)
    assert (posted.code, last_kind(recordable)) == (0, "officer.posted")
    assert posted.out.startswith("officer can.bo is posted to H19.34.13 from ")
    lent = dancu(
        "officers", "second", "can.bo", "H19.34.12", *LETTER, "--on", "2099-01-01", "--until", "2099-02-01"
    )
    assert (lent.code, last_kind(recordable)) == (0, "officer.posted")
    left = dancu("officers", "leave", "can.bo", *LETTER)
    assert (left.code, last_kind(recordable)) == (0, "officer.left")
    assert ask(recordable.owner_url, "select status_reason from officer") == "left"
    back = dancu("officers", "resume", "can.bo")
    assert back.refuses("posted to no unit")


def test_what_cannot_be_is_refused_in_words(recordable: Database) -> None:
    assert dancu("officers", "post", "can.bo", "H19.34.12", *LETTER).refuses("posted to this very unit")
    assert dancu("officers", "post", "can.bo", "H19.99", *LETTER).refuses("there is no unit")
    assert dancu("officers", "post", "ai.do", "H19.34.13", *LETTER).refuses("there is no officer")
    assert dancu("officers", "leave", "can.bo", "--document", "099190000017").refuses("nine digits")
    assert last_kind(recordable) == "officer.added"


def test_codes_are_written_for_their_owner_only_and_kept_nowhere(
    recordable: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("officers", "codes", "H19.34.12", "--into", str(tmp_path), "--authority", "Sở KH&CN tỉnh Mẫu")
    assert dancu(*command).refuses("DANCU_ACTIVATION_URL or DANCU_PUBLIC_URL is needed")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("DANCU_ACTIVATION_URL", "https://motcua.example.gov.vn/kich-hoat")
    answer = dancu(*command, "--officer", "can.bo", *LETTER)
    assert answer.code == 0, answer.err
    record, slips = sorted(tmp_path.iterdir())
    assert [stat.S_IMODE(path.stat().st_mode) for path in (record, slips)] == [0o600, 0o600]
    (code,) = codes_on(slips.read_bytes())
    assert codes_on(record.read_bytes()) == []
    assert code not in answer.out
    kept = "select string_agg(t::text, '') from activation_code t"
    assert code not in ask(recordable.owner_url, kept)
    assert code not in ask(
        recordable.owner_url, "select string_agg(convert_from(leaf, 'UTF8'), '') from audit_record"
    )
    assert dancu("officers", "codes", "H19.34.13", *command[3:]).refuses("not activated yet")
    assert dancu("officers", "codes", "H19.34.13", *command[3:], "--officer", "can.bo").refuses(
        "not posted to"
    )


def test_accounts_that_lack_something_are_named() -> None:
    assert dancu("officers", "incomplete").out == "can.bo: position, document, upstream_officer_code\n"


def test_a_review_is_opened_and_counted(recordable: Database) -> None:
    assert dancu("reviews", "list").out == "no review is open; the next one: now\n"
    assert dancu("reviews", "open", "--due", "2020-01-01").refuses("must come after today")
    assert dancu("reviews", "open").out.startswith("review ")
    assert last_kind(recordable) == "review.opened"
    assert dancu("reviews", "list").out.endswith(": 1 unanswered\n")
    assert dancu("reviews", "open").refuses("Only one review runs at a time")


def test_who_waits_is_listed_first(recordable: Database) -> None:
    assert dancu("units", "declare", "H19.34.13", "4", *LETTER, "--requested", "2026-01-05").code == 0
    assert last_kind(recordable) == "unit.declared"
    first, second = dancu("units", "progress").out.splitlines()
    assert first.startswith("H19.34.13: 4 declared, 0 registered, 0 activated, waits for ")
    assert second == "H19.34.12: - declared, 1 registered, 0 activated"
