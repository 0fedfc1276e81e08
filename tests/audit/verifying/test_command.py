"""The verifier's command: exit codes, what it refuses to guess, and a report that a lawyer can read."""

import base64
import json
from pathlib import Path

import pytest

from app.audit.record import RecordKind
from app.audit.tree.merkle import node_hash
from app.audit.verifying import kinds
from app.audit.verifying.command import verify
from app.audit.verifying.export_files import leaf_fields, leaf_of
from app.audit.verifying.findings import NOTICES, Check, Gap, Kind, Ledger, Place
from app.audit.verifying.report import report_text, verdict_of
from app.audit.verifying.texts import CHECK_TEXTS, GAP_TEXTS, KIND_TEXTS
from app.clock import SystemClock
from tests.audit.verifying.exports import Log, Witness, Writer, a_log, a_note_key


def written(tmp_path: Path, log: Log) -> tuple[str, ...]:
    return ("--dir", str(log.write(tmp_path / "export")), "--log-key", log.log_key.verifier)


def a_file(tmp_path: Path, name: str, text: str) -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return str(tmp_path / name)


def test_a_sound_export_is_exit_code_0_with_all_that_can_be_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, writer = a_log()
    witness = Witness()
    older = log.publish(witness)
    log.lookups(writer, 1)
    log.publish(witness, at=SystemClock().now())
    options = (
        *written(tmp_path, log),
        *("--writer-key", log.writer_key.verifier, "--witness", witness.verifier, "--max-age", "1"),
        *("--since", a_file(tmp_path, "old", older), "--orphan-age", "0"),
        *("--audit-root-key-file", a_file(tmp_path, "root", root_text(log) + "\n")),
        *("--json", str(tmp_path / "report.json")),
    )
    assert verify(options) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.endswith(
        "KẾT LUẬN: Không phát hiện dấu hiệu sửa, xóa hay thêm trong phần đã kiểm tra.\n"
        "VERDICT: In what was checked nothing was found to be changed, removed or added.\n"
    )
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["verdict"], report["exit_code"]) == ("intact", 0)
    assert report["findings"] == report["could_not"] == []
    assert report["not_checked"] == {}
    assert report["checked"]["subjects"] == 4
    assert verify(options) == 2
    assert "exists already" in capsys.readouterr().err


def root_text(log: Log) -> str:
    return base64.b64encode(log.root.secret).decode()


def test_a_broken_export_is_exit_code_1_and_names_the_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, _ = a_log()
    log.rows[2]["row"]["columns"]["outcome"] = "not_found"
    log.publish()
    assert verify((*written(tmp_path, log), "--json", str(tmp_path / "report.json"))) == 1
    said = capsys.readouterr().out
    assert f"      - #2  {log.rows[2]['record_id']}  2026-05-06 11:58:00+07:00  outcome\n" in said
    assert "VERDICT: The evidence is NOT intact" in said
    (finding,) = json.loads((tmp_path / "report.json").read_text())["findings"]
    assert (finding["kind"], finding["count"], finding["listed"][0]["index"]) == ("columns_differ", 1, 2)


def test_what_was_asked_for_and_could_not_be_done_is_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, _ = a_log(1)
    older = log.publish()
    Writer(log).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.publish()
    above = node_hash(*(bytes.fromhex(row["leaf_hash"]) for row in log.rows[2:4]))
    log.said = {"tree_size": 5, "end_index": 2, "after": [above.hex(), log.rows[4]["leaf_hash"]]}
    del log.rows[2:]
    assert verify((*written(tmp_path, log), "--since", a_file(tmp_path, "old", older))) == 2
    said = capsys.readouterr().out
    assert "Could not be done: --since old: this export does not reach leaf 3" in said
    assert "VERDICT: What was asked for could not be checked" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--dir", "nowhere", "--log-key", "KEY"), "manifest.json"),
        (("--dir", "export"), "--log-key"),
        (("--dir", "export", "--log-key", "none"), "--log-key"),
        (("--dir", "export", "--log-key", "WITNESS"), "witness's key"),
        (("--dir", "export", "--log-key", "WRITER"), "--log-key: this is a writer's key"),
        (("--dir", "export", "--log-key", "KEY", "--log-key", "KEY"), "two keys of one log"),
        (
            ("--dir", "export", "--log-key", "KEY", "--writer-key", "KEY"),
            "--writer-key: this is the key of a log",
        ),
        (("--dir", "export", "--log-key", "KEY", "--writer-key", "none"), "--writer-key"),
        (("--dir", "export", "--log-key", "KEY", "--quorum", "1"), "--quorum needs"),
        (("--dir", "export", "--log-key", "KEY", "--witness", "none"), "--witness"),
        (("--dir", "export", "--log-key", "KEY", "--witness", "WITNESS", "--quorum", "2"), "--quorum"),
        (("--dir", "export", "--log-key", "KEY", "--policy", "junk"), "junk: line 1"),
        (("--dir", "export", "--log-key", "KEY", "--policy", "junk", "--witness", "WITNESS"), "not both"),
        (("--dir", "export", "--log-key", "KEY", "--policy", "nowhere"), "No such file"),
        (("--dir", "export", "--log-key", "KEY", "--since", "junk"), "--since junk"),
        (("--dir", "export", "--log-key", "KEY", "--audit-root-key-file", "junk"), "no root key"),
        (("--dir", "export", "--log-key", "KEY", "--max-age", "-1"), "--max-age: whole minutes"),
        (("--dir", "export", "--log-key", "KEY", "--max-age", "ten"), "--max-age: whole minutes"),
        (("--log-key", "KEY"), "--dir"),
    ],
)
def test_what_is_missing_or_not_readable_is_exit_code_2_and_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    words: str,
) -> None:
    log, _ = a_log(1)
    log.publish()
    log.write(tmp_path / "export")
    a_file(tmp_path, "junk", "junk")
    monkeypatch.chdir(tmp_path)
    given = {
        "KEY": log.log_key.verifier,
        "WITNESS": Witness().verifier,
        "WRITER": log.writer_key.verifier,
    }
    assert verify([given.get(option, option) for option in options]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert "VERDICT: In what" not in said.out


def test_keys_of_a_log_and_of_those_before_it_may_come_in_any_order(tmp_path: Path) -> None:
    log, writer = a_log(1)
    kept, former = log.publish(), log.log_key.verifier
    log.log_key = a_note_key("dancu/H19/2")
    log.lookups(writer, 1)
    log.publish()
    options = (*written(tmp_path, log), "--since", a_file(tmp_path, "kept", kept))
    assert verify(options) == 2
    assert verify((*options, "--log-key", former)) == 0
    assert verify(("--log-key", former, *options)) == 0


def test_a_policy_file_does_what_witness_options_do(tmp_path: Path) -> None:
    log, _ = a_log(1)
    witness = Witness()
    log.publish(witness)
    options = written(tmp_path, log)
    policy = a_file(tmp_path, "policy", f"witness w {witness.verifier}\nquorum w\n")
    assert verify((*options, "--policy", policy)) == 0
    other = a_file(tmp_path, "other", f"witness w {Witness().verifier}\nquorum w\n")
    assert verify((*options, "--policy", other)) == 1
    without = a_file(tmp_path, "without", "quorum none\n")
    assert verify((*options, "--policy", without)) == 0


def test_an_error_that_nobody_foresaw_is_exit_code_2_and_quotes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, _ = a_log(1)
    log.publish()
    options = written(tmp_path, log)
    (tmp_path / "export" / "stray_tags.jsonl").write_bytes(b'{"record_id": 1}\n')
    log.said = {}
    assert verify((*options, "--json", str(tmp_path / "no" / "folder.json"))) == 2
    assert "No such file" in capsys.readouterr().err
    assert verify(("--help",)) == 0


def test_everything_has_a_name_in_both_languages() -> None:
    assert set(CHECK_TEXTS) == set(Check)
    assert set(KIND_TEXTS) == set(Kind)
    assert set(GAP_TEXTS) == set(Gap)
    assert set(Kind) >= NOTICES


def test_kinds_known_by_name_are_those_that_writers_write() -> None:
    ours = {kind.name: kind.value for kind in RecordKind}
    known = {name: value for name, value in vars(kinds).items() if name.isupper() and isinstance(value, str)}
    assert {name: ours[name] for name in known if name in ours} == {
        name: value for name, value in known.items() if name in ours
    }
    assert {"WRITER_OPENED", "WRITER_KEY", "LOOKUP_INTENT", "LOOKUP_REFUSED", "LOOKUP_OUTCOME"} <= set(ours)


def test_a_report_shows_the_first_of_a_kind_and_counts_the_rest_on_lines_of_their_own() -> None:
    ledger = Ledger()
    for index in range(25):
        ledger.find(Kind.COLUMNS_DIFFER, Place(index, time="yesterday"), "a\nb\x1b[2J" + "x" * 400)
    ledger.leave_out(Gap.MONTH_KEY_GONE, 3)
    ledger.cannot.append("--since x")
    text = report_text(ledger)
    assert "[columns_differ] x 25" in text
    assert "… và 5 mục nữa | and 5 more" in text
    assert "      - #0  -  a?b?[2Jxxx" in text
    assert max(map(len, text.splitlines())) < 330
    assert "(3)" in text
    assert "Could not be done: --since x" in text
    assert "5. What no check of an export can see\n  Lượt tra cứu không hề được ghi" in text
    assert verdict_of(ledger) == 1
    empty = Ledger(cannot=["x"])
    assert verdict_of(empty) == 2
    empty.find(Kind.ROOT_DIFFERS)
    assert "      - -\n" in report_text(empty)


def test_bytes_are_read_back_as_they_were_written() -> None:
    assert leaf_of({"leaf": "ă"}) == "ă".encode()
    assert leaf_of({"leaf_base64": "/wA="}) == b"\xff\x00"
    assert leaf_fields(b"\xff\x00") == {"leaf_base64": "/wA="}
    with pytest.raises(ValueError, match="surrogates"):
        leaf_of({"leaf": "\ud800"})
