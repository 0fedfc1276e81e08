"""`dancu worker` and the log key: made once, on record; checkpoints while it runs, and a clean end."""

import json
import signal
import time
from pathlib import Path

import pytest

from tests.cli.commands import PATIENCE_SECONDS, a_process, ask, dancu
from tests.world import PASSWORD, ROOT_KEY, Database

_RECORDED = "select leaf from audit_record where kind = 'keys.made' order by writer_sequence desc limit 1"
_UNCOVERED = "select (select count(*) from audit_record) - coalesce(max(tree_size), 0) from audit_checkpoint"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DANCU_LOG_SIGNER_FOLDER", str(tmp_path / "signer"))
    return tmp_path / "signer"


def test_a_log_key_is_made_once_shown_and_on_record(recordable: Database, folder: Path) -> None:
    assert dancu("keys", "show-log").refuses(str(folder), "log.key")
    made = dancu("keys", "create-log", str(folder))
    assert (made.code, made.err) == (0, "")
    shown = dancu("keys", "show-log").out.strip()
    assert shown.startswith("dancu/H19+")
    assert shown in made.out
    facts = json.loads(ask(recordable.owner_url, _RECORDED))
    assert (facts["change"], facts["after"]) == ("log key", shown)
    assert dancu("keys", "create-log", str(folder)).refuses("log key already", str(folder))
    assert dancu("keys", "show-log").out.strip() == shown


def test_a_log_key_that_cannot_be_recorded_is_not_made(recordable: Database, folder: Path) -> None:
    ask(recordable.owner_url, "alter table audit_record rename to away")
    assert dancu("keys", "create-log", str(folder)).refuses("could not be recorded")
    assert dancu("keys", "show-log").refuses("log.key")


def test_what_the_worker_lacks_is_named(
    recordable: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dancu("worker").refuses("DANCU_SEQUENCING_DATABASE_URL")
    monkeypatch.setenv("DANCU_SEQUENCING_DATABASE_URL", recordable.sequencing_url)
    assert dancu("worker").refuses(str(folder), "log.key")
    monkeypatch.delenv("DANCU_LOG_SIGNER_FOLDER")
    assert dancu("worker").refuses("DANCU_LOG_SIGNER_FOLDER")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_makes_checkpoints_until_it_is_told_to_end(
    recordable: Database, folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    dancu("keys", "create-log", str(folder))
    assert ask(recordable.owner_url, _UNCOVERED) > 0
    environment = {
        "DANCU_AUTHORITY_CODE": "H19",
        "DANCU_ROOT_KEY": ROOT_KEY,
        "DANCU_SEQUENCING_DATABASE_URL": recordable.sequencing_url,
        "DANCU_LOG_SIGNER_FOLDER": str(folder),
        "DANCU_CHECKPOINT_EVERY_SECONDS": "0.1",
    }
    with a_process(tmp_path / "out", "-m", "app", "worker", environment=environment) as process:
        process.wait_for("audit.sequencer_leads")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while ask(recordable.owner_url, _UNCOVERED):
            assert time.monotonic() < deadline
        assert process.end(number) == 0
    assert "worker.stopped" in process.written
    assert not [secret for secret in (PASSWORD, ROOT_KEY) if secret in process.written]
