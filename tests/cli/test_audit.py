"""`dancu audit`: an export is on record before it is there; it, a proof and the single file say the same."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.audit.tree.signer import FileSigner
from app.cli.operator import operator_name
from tests.audit.tree.ground import a_sequencer, a_signer
from tests.cli.commands import ask, dancu
from tests.world import Database

_EXPORTED = "select leaf from audit_record where kind = 'audit.exported'"


@pytest.fixture
def signer(recordable: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileSigner:
    """The signer of a log with one record in it; the operator's settings reach the auditing role."""
    monkeypatch.setenv("DANCU_AUDIT_DATABASE_URL", recordable.auditing_url)
    signer = a_signer(tmp_path)

    async def take_in() -> None:
        async with a_sequencer(recordable, signer) as sequencer:
            await sequencer.sequence()

    assert dancu("units", "add", "Ủy ban nhân dân xã Mẫu", "H19.34").code == 0
    asyncio.run(take_in())
    return signer


def test_an_export_is_on_record_and_is_found_sound(
    recordable: Database, signer: FileSigner, tmp_path: Path
) -> None:
    made = dancu("audit", "export", "e", "--case-number", "12/KT-2026", "--with-keys")
    assert (made.code, made.err) == (0, "")
    facts = json.loads(ask(recordable.owner_url, _EXPORTED))
    assert facts["manifest_digest"] in made.out
    wanted = {
        "operator": operator_name(),
        "case_number": "12/KT-2026",
        "exported_range": "0-3",
        "exported_rows": 3,
        "exported_by": "with_keys",
    }
    assert {name: facts[name] for name in wanted} == wanted
    check = ("audit", "verify", "--dir", "e", "--log-key", signer.verifier)
    key = ask(recordable.owner_url, "select key_id from audit_writer_key")
    report = dancu(*check, "--writer-key", key, "--json", "report.json")
    assert (report.code, report.err) == (0, "")
    assert facts["manifest_digest"] in report.out
    assert json.loads((tmp_path / "report.json").read_text())["verdict"] == "intact"

    assert dancu("audit", "export", "e").refuses("exists already")
    assert dancu("audit", "export", "f", "--to-index", "9").refuses("range")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e", "report.json", "signer"]

    assert dancu("audit", "remove-export", "signer").refuses("is no export")
    assert dancu("audit", "remove-export", "e").out == "removed e\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "signer"]


def test_an_export_that_cannot_be_recorded_or_has_a_number_of_a_person_leaves_nothing(
    recordable: Database, signer: FileSigner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dancu("audit", "export", "e", "--case-number", "099190000017").code == 2
    monkeypatch.delenv("DANCU_ROOT_KEY")
    assert dancu("audit", "export", "e").refuses("could not be recorded")
    monkeypatch.delenv("DANCU_AUDIT_DATABASE_URL")
    assert dancu("audit", "export", "e").refuses("DANCU_AUDIT_DATABASE_URL")
    assert [path.name for path in tmp_path.iterdir()] == ["signer"]


def test_a_broken_tree_is_told_and_exported_to_nobody(
    recordable: Database, signer: FileSigner, tmp_path: Path
) -> None:
    ask(recordable.owner_url, "alter table audit_leaf disable trigger all")
    record = ask(recordable.owner_url, "delete from audit_leaf where leaf_index = 0 returning record_id")
    other = ask(recordable.owner_url, "select record_id from audit_leaf limit 1")
    assert dancu("audit", "export", "e", "--from-index", "1").refuses("the tree is broken")
    assert dancu("audit", "proof", str(other)).refuses("the tree is broken")
    assert dancu("audit", "proof", str(record)).refuses("no checkpoint covers")
    assert [path.name for path in tmp_path.iterdir()] == ["signer"]


def test_a_proof_holds_by_itself_and_for_its_record_only(
    recordable: Database, signer: FileSigner, tmp_path: Path
) -> None:
    record, leaf = ask(
        recordable.owner_url,
        "select array[record_id::text, convert_from(leaf, 'UTF8')] from audit_record"
        " where kind = 'unit.added'",
    )
    (tmp_path / "leaf").write_bytes(leaf.encode())
    (tmp_path / "other").write_bytes(leaf.encode() + b" ")
    assert dancu("audit", "proof", record, "--out", "p.tlog-proof").code == 0
    assert (tmp_path / "p.tlog-proof").read_text() == dancu("audit", "proof", record).out
    check = ("audit", "proof", "--check", "p.tlog-proof")
    key = ("--log-key", signer.verifier)
    assert "Holds: the record is leaf 1 " in dancu(*check, *key).out
    assert "Leaf hash" not in dancu(*check, *key, "--leaf", "leaf").out
    assert dancu(*check, *key, "--leaf", "other").code == 1
    stranger = a_signer(tmp_path / "x")
    assert dancu(*check, "--log-key", stranger.verifier).code == 1
    assert dancu(*check).refuses("--log-key")
    assert dancu("audit", "proof", "--check", "leaf", *key).refuses("not a proof")
    assert dancu("audit", "proof").refuses("name a record")


def test_the_single_file_says_what_the_command_says_with_nothing_of_ours_at_hand(
    recordable: Database, signer: FileSigner, tmp_path: Path
) -> None:
    assert dancu("audit", "export", "e", "--with-keys").code == 0
    assert dancu("audit", "verifier", "dancu_verify.py").code == 0
    assert dancu("audit", "verifier", "dancu_verify.py").refuses("exists")
    assert dancu("audit", "verifier", "again.py").code == 0
    assert (tmp_path / "again.py").read_bytes() == (tmp_path / "dancu_verify.py").read_bytes()
    for spoilt in (False, True):
        if spoilt:
            text = (tmp_path / "e" / "leaves.jsonl").read_text(encoding="utf-8")
            (tmp_path / "e" / "leaves.jsonl").write_text(text.replace("H19.34", "H19.35"), encoding="utf-8")
        check = ("--dir", "e", "--log-key", signer.verifier)
        ours = dancu("audit", "verify", *check)
        theirs = alone(tmp_path / "dancu_verify.py", *check)
        assert ours.code == theirs.returncode == int(spoilt)
        assert ours.out == theirs.stdout
        assert (ours.err, theirs.stderr) == ("", "")


def alone(program: Path, *arguments: str, without: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program where nothing of ours can be imported, and nothing but cryptography of others."""
    guard = (
        "import runpy, sys; allowed = sys.stdlib_module_names | {'cryptography', '_cffi_backend'};"
        "find = type('Find', (), {'find_spec': staticmethod(lambda name, *_: None if"
        f" name.partition('.')[0] in allowed - {{{without!r}}} else exec('raise ImportError(name)'))}});"
        "sys.meta_path.insert(0, find); sys.argv = sys.argv[1:];"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-I", "-c", guard, str(program), *arguments],
        cwd=program.parent,
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONUTF8": "1"},
        check=False,
    )


def test_the_single_file_says_in_words_that_cryptography_is_missing(tmp_path: Path) -> None:
    assert dancu("audit", "verifier", "dancu_verify.py").code == 0
    said = alone(tmp_path / "dancu_verify.py", "--help", without="cryptography")
    assert (said.returncode, said.stdout) == (2, "")
    assert "pip install" in said.stderr
    assert "Traceback" not in said.stderr
