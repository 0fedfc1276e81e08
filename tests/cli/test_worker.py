"""`dancu worker` and `dancu signer`: a log key made once and on record, checkpoints, and clean ends."""

import asyncio
import base64
import itertools
import json
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError
from starlette.applications import Starlette

from app.audit.tree.checkpoint import NoteKey
from app.cli.signer import open_remote_signer, server_config
from app.settings import Settings
from tests.cli.certificates import make_certificates
from tests.cli.commands import PATIENCE_SECONDS, Process, a_process, ask, dancu, free_port
from tests.reports.books import take_all
from tests.world import PASSWORD, ROOT_KEY, Database

_RECORDED = "select leaf from audit_record where kind = 'keys.made' order by writer_sequence desc limit 1"
_UNCOVERED = "select (select count(*) from audit_record) - coalesce(max(tree_size), 0) from audit_checkpoint"
_TREE = "select count(*) from audit_leaf"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DANCU_LOG_SIGNER_FOLDER", str(tmp_path / "signer"))
    return tmp_path / "signer"


@pytest.fixture
def key_file(folder: Path) -> Path:
    return folder.with_name("signer.key")


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder with a name short enough for sockets."""
    place = Path(tempfile.mkdtemp(prefix="dancu-", dir="/tmp"))
    yield place
    shutil.rmtree(place)


def test_a_log_key_is_made_once_shown_and_on_record(
    recordable: Database, folder: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dancu("keys", "show-log").refuses("DANCU_SIGNER_KEY_FILE")
    made = dancu("keys", "create-log", str(folder))
    assert (made.code, made.err) == (0, "")
    monkeypatch.setenv("DANCU_SIGNER_KEY_FILE", str(key_file))
    shown = dancu("keys", "show-log").out.strip()
    assert shown.startswith("dancu/H19+")
    assert shown in made.out
    facts = json.loads(ask(recordable.owner_url, _RECORDED))
    assert (facts["change"], facts["after"]) == ("log key", shown)
    assert dancu("keys", "create-log", str(folder)).refuses("log key already", str(folder))
    assert dancu("keys", "show-log").out.strip() == shown


def test_the_key_that_wraps_it_is_its_own_and_is_told_where_to_be(
    recordable: Database, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "safe" / "wrapping.key"
    assert str(elsewhere) in dancu("keys", "create-log", str(folder), "--key-file", str(elsewhere)).out
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600
    monkeypatch.delenv("DANCU_ROOT_KEY")
    for wrong in ({"DANCU_SIGNER_KEY": ROOT_KEY}, {"DANCU_SIGNER_KEY": "short"}):
        for name, value in wrong.items():
            monkeypatch.setenv(name, value)
        assert dancu("keys", "show-log").code == 2
    monkeypatch.delenv("DANCU_SIGNER_KEY")
    monkeypatch.setenv("DANCU_SIGNER_KEY_FILE", str(elsewhere))
    assert dancu("keys", "show-log").out.startswith("dancu/H19+")


@pytest.mark.parametrize("way", ["setting", "option"])
def test_a_key_that_is_there_wraps_another_log_key_too(
    recordable: Database, folder: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    assert dancu("keys", "create-log", str(folder)).code == 0
    kept = key_file.read_text(encoding="utf-8")
    monkeypatch.setenv("DANCU_SIGNER_KEY_FILE", str(key_file))
    another = folder.with_name("another")
    option = ("--key-file", str(key_file)) if way == "option" else ()
    assert dancu("keys", "create-log", str(another), *option).code == 0
    assert key_file.read_text(encoding="utf-8") == kept
    assert not another.with_name("another.key").exists()


def test_a_log_key_that_cannot_be_recorded_is_not_made(
    recordable: Database, folder: Path, key_file: Path
) -> None:
    ask(recordable.owner_url, "alter table audit_record rename to away")
    assert dancu("keys", "create-log", str(folder)).refuses("could not be recorded")
    assert not key_file.exists()
    assert not (folder / "log.key").exists()


def test_what_the_worker_lacks_is_named(
    recordable: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dancu("worker").refuses("DANCU_SEQUENCING_DATABASE_URL")
    monkeypatch.setenv("DANCU_SEQUENCING_DATABASE_URL", recordable.sequencing_url)
    assert dancu("worker").refuses("DANCU_LOG_SIGNER_URL")
    for wrong in ("http://signer:9443", "https://", "https://signer:x", "https://signer/x", "signer"):
        monkeypatch.setenv("DANCU_LOG_SIGNER_URL", wrong)
        assert dancu("worker").refuses("DANCU_LOG_SIGNER_URL", "https://")
    monkeypatch.setenv("DANCU_LOG_SIGNER_URL", "https://127.0.0.1:1")
    assert dancu("worker").refuses("DANCU_LOG_SIGNER_CA_FILE")
    policy = tmp_path / "policy"
    monkeypatch.setenv("DANCU_WITNESS_POLICY_FILE", str(policy))
    assert dancu("worker").refuses("DANCU_WITNESS_POLICY_FILE", str(policy))
    policy.write_text("quorum nobody\n", encoding="utf-8")
    assert dancu("worker").refuses("DANCU_WITNESS_POLICY_FILE", "line 1")
    other = NoteKey("dancu/H20", Ed25519PrivateKey.generate()).verifier
    policy.write_text(f"log {other}\nquorum none\n", encoding="utf-8")
    assert dancu("worker").refuses("DANCU_WITNESS_POLICY_FILE", "dancu/H19")
    succeeding = NoteKey("dancu/H19/2", Ed25519PrivateKey.generate()).verifier  # of `dancu keys new-log`
    policy.write_text(f"log {succeeding}\nquorum none\n", encoding="utf-8")
    assert dancu("worker").refuses("DANCU_LOG_SIGNER_CA_FILE")


def test_what_the_signer_lacks_is_named(
    recordable: Database, folder: Path, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_SIGNER_KEY", ROOT_KEY)
    assert dancu("signer").refuses(str(folder), "log.key")
    monkeypatch.delenv("DANCU_LOG_SIGNER_FOLDER")
    assert dancu("signer").refuses("DANCU_LOG_SIGNER_FOLDER")
    monkeypatch.setenv("DANCU_LOG_SIGNER_FOLDER", str(folder))
    monkeypatch.delenv("DANCU_SIGNER_KEY")
    assert dancu("keys", "create-log", str(folder)).code == 0
    monkeypatch.setenv("DANCU_SIGNER_KEY_FILE", str(key_file))
    for plain in ("http://127.0.0.1:9443", "127.0.0.1:9443", "https://", "https://127.0.0.1:99999"):
        monkeypatch.setenv("DANCU_SIGNER_LISTEN", plain)
        assert dancu("signer").code == 2
    monkeypatch.setenv("DANCU_SIGNER_LISTEN", "https://127.0.0.1:9443")
    assert dancu("signer").refuses("DANCU_SIGNER_CLIENT_CA_FILE")
    no_pem = tmp_path / "no.pem"
    no_pem.write_text("no certificate", encoding="utf-8")
    for name in ("CERTIFICATE", "CERTIFICATE_KEY", "CLIENT_CA"):
        monkeypatch.setenv(f"DANCU_SIGNER_{name}_FILE", str(no_pem))
    assert dancu("signer").refuses("PEM", str(no_pem))
    monkeypatch.setenv("DANCU_SIGNER_CERTIFICATE_FILE", str(tmp_path / "nowhere"))
    assert dancu("signer").refuses("DANCU_SIGNER_CERTIFICATE_FILE", "nowhere")
    monkeypatch.setenv("DANCU_SIGNER_LISTEN", f"unix:{no_pem}")
    assert dancu("signer").refuses("no socket")
    monkeypatch.setenv("DANCU_SIGNER_LISTEN", f"unix:{tmp_path}/nowhere/signer.sock")
    assert dancu("signer").refuses("cannot listen")


def a_signer(tmp_path: Path, folder: Path, listen: str, **more: str) -> AbstractContextManager[Process]:
    environment = {
        "DANCU_AUTHORITY_CODE": "H19",
        "DANCU_LOG_SIGNER_FOLDER": str(folder),
        "DANCU_SIGNER_KEY_FILE": f"{folder}.key",
        "DANCU_SIGNER_LISTEN": listen,
        **more,
    }
    return a_process(tmp_path / "signer.out", "-m", "app", "signer", environment=environment)


def a_worker(tmp_path: Path, database: Database, url: str, **more: str) -> AbstractContextManager[Process]:
    environment = {
        "DANCU_AUTHORITY_CODE": "H19",
        "DANCU_SEQUENCING_DATABASE_URL": database.sequencing_url,
        "DANCU_LOG_SIGNER_URL": url,
        "DANCU_CHECKPOINT_EVERY_SECONDS": "0.1",
        **more,
    }
    return a_process(tmp_path / "worker.out", "-m", "app", "worker", environment=environment)


def wait_until_covered(database: Database) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while ask(database.owner_url, _UNCOVERED):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_and_signer_make_checkpoints_until_they_are_told_to_end(
    recordable: Database, folder: Path, tmp_path: Path, sockets: Path, number: signal.Signals
) -> None:
    dancu("keys", "create-log", str(folder))
    assert ask(recordable.owner_url, _UNCOVERED) > 0
    place = sockets / "signer.sock"
    with a_signer(tmp_path, folder, f"unix:{place}") as signer:
        signer.wait_for("signer.started")
        assert stat.S_IMODE(place.stat().st_mode) == 0o660
        with a_worker(tmp_path, recordable, f"unix:{place}") as worker:
            worker.wait_for("audit.sequencer_leads")
            wait_until_covered(recordable)
            assert worker.end(number) == 0
        assert signer.end(number) == 0
    assert not place.exists()
    assert "worker.stopped" in worker.written
    assert "signer.stopped" in signer.written
    written = worker.written + signer.written
    assert not [secret for secret in (PASSWORD, ROOT_KEY) if secret in written]


def test_a_worker_with_an_address_for_it_counts_figures_whatever_the_signer_does(
    recordable: Database, tmp_path: Path, sockets: Path
) -> None:
    assert dancu("keys", "create-log", str(tmp_path / "log")).code == 0  # what it records is there to count
    asyncio.run(take_all(recordable))
    leaves = ask(recordable.owner_url, "select count(*) from audit_leaf")
    assert leaves > 0
    counting = {"DANCU_REPORTING_DATABASE_URL": recordable.reporting_url}
    with a_worker(tmp_path, recordable, f"unix:{sockets}/nobody", **counting) as worker:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while ask(recordable.owner_url, "select next_leaf from usage_cursor") < leaves:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert worker.end(signal.SIGTERM) == 0
    assert PASSWORD not in worker.written


def test_while_the_signer_is_down_the_tree_grows_and_checkpoints_come_when_it_is_back(
    recordable: Database, folder: Path, tmp_path: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dancu("keys", "create-log", str(folder))
    place = sockets / "signer.sock"
    with a_signer(tmp_path, folder, f"unix:{place}") as signer:
        signer.wait_for("signer.started")
        monkeypatch.setenv("DANCU_SIGNER_KEY_FILE", f"{folder}.key")
        monkeypatch.setenv("DANCU_SIGNER_LISTEN", f"unix:{place}")
        assert dancu("signer").refuses("another signer listens")
        with a_worker(tmp_path, recordable, f"unix:{place}") as worker:
            wait_until_covered(recordable)
            signer.popen.kill()
            signer.popen.wait(PATIENCE_SECONDS)
            worker.wait_for("SignerUnreachableError")
            dancu("keys", "create-log", str(sockets / "unused"))
            records = ask(recordable.owner_url, "select count(*) from audit_record")
            deadline = time.monotonic() + PATIENCE_SECONDS
            while ask(recordable.owner_url, _TREE) < records:
                assert time.monotonic() < deadline
            assert ask(recordable.owner_url, _UNCOVERED) > 0
            with a_signer(tmp_path, folder, f"unix:{place}"):  # over the socket that the killed one left
                wait_until_covered(recordable)


def test_over_a_network_both_sides_show_a_certificate(
    recordable: Database, folder: Path, tmp_path: Path
) -> None:
    dancu("keys", "create-log", str(folder))
    make_certificates(tmp_path / "tls")
    url, tls = f"https://127.0.0.1:{free_port()}", tmp_path / "tls"
    own = {
        "DANCU_SIGNER_CERTIFICATE_FILE": f"{tls}/signer.pem",
        "DANCU_SIGNER_CERTIFICATE_KEY_FILE": f"{tls}/signer.key",
        "DANCU_SIGNER_CLIENT_CA_FILE": f"{tls}/ca.pem",
    }

    def a_client(name: str) -> dict[str, str]:
        return {
            "DANCU_LOG_SIGNER_CA_FILE": f"{tls}/ca.pem",
            "DANCU_LOG_SIGNER_CERTIFICATE_FILE": f"{tls}/{name}.pem",
            "DANCU_LOG_SIGNER_CERTIFICATE_KEY_FILE": f"{tls}/{name}.key",
        }

    with a_signer(tmp_path, folder, url, **own) as signer:
        signer.wait_for("signer.started")
        with a_worker(tmp_path, recordable, url, **a_client("stranger")) as worker:
            worker.wait_for("SignerUnreachableError")
            assert ask(recordable.owner_url, _UNCOVERED) > 0
        with a_worker(tmp_path, recordable, url, **a_client("worker")):
            wait_until_covered(recordable)
        for plain in (url, url.replace("https", "http")):
            with pytest.raises(httpx.TransportError):
                httpx.get(f"{plain}/v1/head", verify=False, trust_env=False)  # noqa: S501 - it must not matter
        assert signer.end(signal.SIGTERM) == 0


async def test_a_worker_asks_on_a_new_connection_each_time_so_that_none_is_closed_under_it(
    sockets: Path,
) -> None:
    asked_by = list[int]()
    connections = itertools.count()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(connections)
        while await reader.readline():
            while (await reader.readline()).strip():
                pass
            asked_by.append(number)
            content = json.dumps({"size": 0, "root": base64.b64encode(bytes(32)).decode()}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(content), content))
        writer.close()

    place = sockets / "signer.sock"
    settings = Settings(authority_code="H19", log_signer_url=f"unix:{place}")
    async with await asyncio.start_unix_server(answer, place), open_remote_signer(settings) as remote:
        for _ in range(2):
            assert (await remote.last()).size == 0
    assert asked_by == [0, 1]


def test_a_signer_keeps_a_connection_longer_than_any_worker_may_wait_between_checkpoints() -> None:
    kept_seconds = server_config(Starlette()).timeout_keep_alive
    with pytest.raises(ValidationError):
        Settings(checkpoint_every_seconds=kept_seconds)
