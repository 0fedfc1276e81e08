"""Packages of exported searches, checked offline: sound ones in every format, and what was done to others."""

import asyncio
import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.audit.leaf import leaf_hash, read_leaf
from app.audit.record import RecordKind
from app.audit.verifying.command import verify
from app.audit.verifying.findings import Check, Gap, Kind, Ledger, Place
from app.audit.verifying.search_batches import SearchBatches
from app.auditing.bundling import bundle
from app.auditing.search_export import ListFormat, begin_export
from tests.audit.verifying.exports import Witness
from tests.auditing.invented_search import Ground, InventedLog, a_ground, a_search
from tests.lookup_fakes import a_caller

Lines = list[dict[str, Any]]
FORMATS = [each.value for each in ListFormat]


def a_filled_ground(lookups: int = 6, **bounds: Any) -> Ground:
    log = InventedLog()
    log.fill(lookups)
    return a_ground(log, **bounds)


async def packed(ground: Ground, list_format: str) -> bytes:
    export = await begin_export(ground.means, a_caller(), a_search(), ListFormat(list_format))
    return b"".join([chunk async for chunk in export.chunks()])


def unpacked(content: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        package.extractall(folder)
    return folder


def report(ground: Ground, tmp_path: Path, path: Path, *more: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the report."""
    file = tmp_path / "report.json"
    file.unlink(missing_ok=True)
    options = ("--dir", str(path), "--log-key", ground.log.log_key.verifier, "--json", str(file))
    code = verify((*options, *more))
    return code, json.loads(file.read_text()) if file.exists() else {}


def kinds(said: dict[str, Any]) -> dict[str, int]:
    return {finding["kind"]: finding["count"] for finding in said["findings"]}


def digest_on_record(ground: Ground) -> str:
    (ended,) = [each for each in ground.records.drafts if each.kind is RecordKind.AUDIT_SEARCH_EXPORT_ENDED]
    return str(ended.facts["manifest_digest"])


@pytest.mark.parametrize("list_format", FORMATS)
async def test_a_package_is_sound_packed_and_unpacked_with_all_that_can_be_given(
    list_format: str, tmp_path: Path
) -> None:
    ground, witness = a_filled_ground(), Witness()
    text = ground.evidence.newest.note.rpartition("\n\n")[0] + "\n"
    cosigned = ground.evidence.newest.note + witness.line(text, ground.means.clock.now())
    ground.evidence.newest = type(ground.evidence.newest)(
        ground.evidence.newest.size, cosigned, ground.evidence.newest.signed_at
    )
    content = await packed(ground, list_format)
    (tmp_path / "package.zip").write_bytes(content)
    (tmp_path / "old").write_text(cosigned)
    given = (
        *("--manifest-digest", digest_on_record(ground), "--writer-key", ground.log.writer_key.verifier),
        *("--witness", witness.verifier, "--max-age", "52704000", "--since", str(tmp_path / "old")),
    )
    for path in (tmp_path / "package.zip", unpacked(content, tmp_path / "folder")):
        code, said = report(ground, tmp_path, path, *given)
        assert (code, said["findings"], said["notices"]) == (0, [], [])
        assert said["checked"]["proofs"] == said["checked"]["chains"] == 12
        assert said["checked"]["rows"] == said["facts"]["lookups"] == 6
        assert said["checked"]["files"] == 5
        assert set(said["not_checked"]) == {"part_of_the_log", "no_root_key"}


def test_the_single_file_verifier_checks_packages_too(tmp_path: Path) -> None:
    ground = a_filled_ground(2)
    (tmp_path / "package.zip").write_bytes(asyncio.run(packed(ground, "xlsx")))
    (tmp_path / "dancu_verify.py").write_text(bundle(), encoding="utf-8")
    options = ["--dir", str(tmp_path / "package.zip"), "--log-key", ground.log.log_key.verifier]
    program = [sys.executable, "-I", str(tmp_path / "dancu_verify.py"), *options]
    done = subprocess.run(program, capture_output=True, check=False, text=True)  # noqa: S603 - our own file
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Lookups in the list: 2" in done.stdout


@pytest.mark.parametrize("list_format", FORMATS)
async def test_lists_and_records_go_on_in_further_files_and_sheets_and_are_sound(
    list_format: str, tmp_path: Path
) -> None:
    ground = a_filled_ground(5, rows=2, size=900)
    folder = unpacked(await packed(ground, list_format), tmp_path / "folder")
    assert report(ground, tmp_path, folder)[0] == 0
    names = {path.name for path in folder.iterdir()}
    assert {"records.jsonl", "records-2.jsonl"} <= names
    if list_format == "xlsx":
        with zipfile.ZipFile(folder / "danh-sach.xlsx") as workbook:
            assert "xl/worksheets/sheet3.xml" in workbook.namelist()
    else:
        assert f"danh-sach-2.{list_format}" in names


async def test_a_search_that_found_nothing_is_a_sound_package(tmp_path: Path) -> None:
    ground = a_filled_ground()
    ground.log.database.execute("delete from lookup")
    for list_format in FORMATS:
        (tmp_path / list_format).write_bytes(await packed(ground, list_format))
        assert report(ground, tmp_path, tmp_path / list_format)[0] == 0


async def test_records_that_are_not_in_the_tree_yet_are_told_one_by_one(tmp_path: Path) -> None:
    ground = a_filled_ground()
    ground.log.fill(2)
    ground.means.clock.turn(seconds=1)  # type: ignore[attr-defined]
    folder = unpacked(await packed(ground, "csv"), tmp_path / "folder")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["lookups"], manifest["records"], manifest["records_not_in_tree"]) == (8, 16, 4)
    lines = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    told = [each["in_tree"] for line in lines for each in line["records"]]
    assert told == [False] * 4 + [True] * 12
    code, said = report(ground, tmp_path, folder)
    assert (code, said["notices"][0]["kind"], said["notices"][0]["count"]) == (0, "row_fresh", 4)
    said_at = ground.log.time.replace(year=2027).isoformat()
    rewrite(folder, "manifest.json", lambda text: text.replace(manifest["checkpoint_signed_at"], said_at))
    assert kinds(report(ground, tmp_path, folder)[1]) == {"row_outside": 4}


async def test_inside_a_batch_of_other_peoples_records_the_signature_vouches_for_the_number_only(
    tmp_path: Path,
) -> None:
    ground = a_filled_ground(4)
    ids = [row[0] for row in ground.log.database.execute("select id from lookup order by at, id")]
    ground.log.database.execute("delete from lookup where id <> ?", (ids[1],))
    (tmp_path / "package.zip").write_bytes(await packed(ground, "csv"))
    code, said = report(ground, tmp_path, tmp_path / "package.zip")
    assert (code, said["not_checked"]["batch_number_only"], said["checked"]["proofs"]) == (0, 2, 2)


# What is done to a package ---------------------------------------------------------------------------------


def rewrite(folder: Path, name: str, change: Callable[[str], str]) -> None:
    """Change a file, and let the manifest say what it is now."""
    path = folder / name
    before = path.read_bytes().decode()
    after = change(before)
    assert after != before
    path.write_bytes(after.encode())
    if name != "manifest.json":
        correct_manifest(folder)


def correct_manifest(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, said in manifest["files"].items():
        content = (folder / name).read_bytes()
        said |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def on_records(change: Callable[[Lines], None]) -> Callable[[Path], None]:
    def done(folder: Path) -> None:
        def changed(text: str) -> str:
            lines = [json.loads(line) for line in text.splitlines()]
            change(lines)
            return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)

        rewrite(folder, "records.jsonl", changed)

    return done


def in_a_row(folder: Path) -> None:
    rewrite(folder, "danh-sach.csv", lambda text: text.replace("Tìm thấy", "Không tìm thấy", 1))


def in_a_heading(folder: Path) -> None:
    rewrite(folder, "danh-sach.csv", lambda text: text.replace("Mã hồ sơ,", "Hồ sơ,", 1))


def a_row_out_of_the_list(folder: Path) -> None:
    rewrite(folder, "danh-sach.csv", lambda text: "".join(text.splitlines(keepends=True)[:-1]))


def a_lookup_out_of_both_files(folder: Path) -> None:
    rewrite(folder, "danh-sach.csv", lambda text: "".join(text.splitlines(keepends=True)[:-1]))
    rewrite(folder, "records.jsonl", lambda text: "".join(text.splitlines(keepends=True)[:-1]))


def a_file_without_the_manifest(folder: Path) -> None:
    (folder / "writer_keys.jsonl").write_text("{}\n")


def a_file_more(folder: Path) -> None:
    (folder / "danh-sach-2.csv").write_text("x")


def another_list_in_the_manifest(folder: Path) -> None:
    (folder / "danh-sach.xlsx").write_text("x")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["danh-sach.xlsx"] = {"sha256": "", "bytes": 0, "rows": 5}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    correct_manifest(folder)


def in_a_leaf(lines: Lines) -> None:
    record = lines[2]["records"][-1]
    record["leaf"] = record["leaf"].replace("H19.34.12", "H19.34.13")


def an_unreadable_leaf(lines: Lines) -> None:
    lines[2]["records"][0]["leaf"] += " "


def in_a_proof(lines: Lines) -> None:
    lines[0]["records"][0]["proof"][0] = base64.b64encode(bytes(32)).decode()


def no_base64_in_a_proof(lines: Lines) -> None:
    lines[0]["records"][0]["proof"][0] = "?"


def another_index(lines: Lines) -> None:
    lines[0]["records"][0]["index"] += 1


def no_batch(lines: Lines) -> None:
    lines[0]["records"][0]["batch"] = None


def in_a_signature(lines: Lines) -> None:
    lines[0]["records"][0]["batch"]["signature"] = "00" * 64


def another_writers_key(lines: Lines) -> None:
    lines[0]["records"][0]["batch"]["writer_key_id"] = InventedLog().log_key.verifier


def no_key_at_all(lines: Lines) -> None:
    lines[0]["records"][0]["batch"]["writer_key_id"] = "x"


def a_batch_elsewhere(lines: Lines) -> None:
    lines[0]["records"][0]["batch"] = lines[-1]["records"][-1]["batch"]


def another_lookups_outcome(lines: Lines) -> None:
    lines[0]["records"][0], lines[1]["records"][0] = lines[1]["records"][0], lines[0]["records"][0]


def a_record_twice(lines: Lines) -> None:
    lines[0]["records"].append(lines[0]["records"][0])


def a_role_of_no_record(lines: Lines) -> None:
    lines[0]["records"][0]["role"] = "witness"


def one_lookup_less(lines: Lines) -> None:
    del lines[-1]


def two_lookups_exchanged(lines: Lines) -> None:
    lines[0], lines[1] = lines[1], lines[0]


def another_time(lines: Lines) -> None:
    lines[-1]["recorded_at"] = "2026-05-06T00:59:59.000Z"


def said_to_be_unreadable(lines: Lines) -> None:
    lines[0]["is_readable"] = False


@pytest.mark.parametrize(
    ("attack", "expected"),
    [
        (in_a_row, {"list_differs": 1}),
        (in_a_heading, {"list_differs": 2}),
        (a_row_out_of_the_list, {"list_differs": 1}),
        (a_lookup_out_of_both_files, {"list_differs": 1}),
        (a_file_without_the_manifest, {"file_changed": 1}),
        (a_file_more, {"file_changed": 1}),
        (another_list_in_the_manifest, {"file_changed": 1}),
        (on_records(in_a_leaf), {"not_in_tree": 1, "chain_link": 1, "list_differs": 1}),
        (on_records(an_unreadable_leaf), {"not_in_tree": 1, "bytes_unreadable": 1, "list_differs": 1}),
        (on_records(in_a_proof), {"not_in_tree": 1}),
        (on_records(no_base64_in_a_proof), {"not_in_tree": 1}),
        (on_records(another_index), {"not_in_tree": 1}),
        (on_records(no_batch), {"signature_missing": 1}),
        (on_records(in_a_signature), {"signature_invalid": 1}),
        (on_records(another_writers_key), {"signature_invalid": 1}),
        (on_records(no_key_at_all), {"signature_invalid": 1}),
        (on_records(a_batch_elsewhere), {"signature_missing": 1}),
        (on_records(another_lookups_outcome), {"foreign_record": 2}),
        (on_records(one_lookup_less), {"list_differs": 2}),
        (on_records(two_lookups_exchanged), {"list_differs": 3}),
        (on_records(another_time), {"columns_differ": 1, "list_differs": 1}),
        (on_records(said_to_be_unreadable), {"bytes_unreadable": 1, "list_differs": 1}),
    ],
    ids=[
        "row", "heading", "row out of the list", "lookup out of both", "no manifest", "file more",
        "other list", "leaf",
        "unreadable", "proof", "no base64", "index", "no batch", "signature", "log's key", "no key",
        "other batch", "other outcome",
        "records less", "exchanged", "time", "said unreadable",
    ],
)  # fmt: skip
async def test_what_is_done_to_a_package_is_seen(
    attack: Callable[[Path], None], expected: dict[str, int], tmp_path: Path
) -> None:
    ground = a_filled_ground(5)
    folder = unpacked(await packed(ground, "csv"), tmp_path / "folder")
    attack(folder)
    code, said = report(ground, tmp_path, folder)
    assert (code, kinds(said)) == (1, expected)


async def test_a_changed_leaf_is_seen_by_the_signature_too_where_the_last_of_its_batch_is_there(
    tmp_path: Path,
) -> None:
    ground = a_filled_ground(1)
    folder = unpacked(await packed(ground, "csv"), tmp_path / "folder")
    on_records(lambda lines: in_a_leaf([{}, {}, *lines]))(folder)
    assert kinds(report(ground, tmp_path, folder)[1]) == {
        "not_in_tree": 1,
        "list_differs": 1,
        "signature_head": 1,
    }


async def test_a_package_made_anew_with_fewer_rows_is_not_the_one_on_record(tmp_path: Path) -> None:
    ground = a_filled_ground()
    folder = unpacked(await packed(ground, "csv"), tmp_path / "folder")
    a_lookup_out_of_both_files(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["lookups"] = manifest["files"]["records.jsonl"]["rows"] = 5
    (folder / "manifest.json").write_text(json.dumps(manifest))
    code, said = report(ground, tmp_path, folder)
    assert (code, said["not_checked"]["no_manifest_digest"]) == (0, 1)
    code, said = report(ground, tmp_path, folder, "--manifest-digest", digest_on_record(ground))
    assert (code, kinds(said)) == (1, {"manifest_differs": 1})


async def in_the_workbook(ground: Ground, tmp_path: Path, part: str, change: Callable[[str], str]) -> Path:
    """Return a folder whose workbook has a changed part, and a manifest that knows it."""
    folder = unpacked(await packed(ground, "xlsx"), tmp_path / "folder")
    with zipfile.ZipFile(folder / "danh-sach.xlsx") as workbook:
        parts = {name: workbook.read(name).decode() for name in workbook.namelist()}
    changed = change(parts[part])
    assert changed != parts[part]
    with zipfile.ZipFile(folder / "danh-sach.xlsx", "w") as workbook:
        for name, text in (parts | {part: changed}).items():
            workbook.writestr(name, text)
    correct_manifest(folder)
    return folder


@pytest.mark.parametrize(
    ("part", "before", "after", "count"),
    [
        ("xl/worksheets/sheet1.xml", "Tìm thấy", "Không tìm thấy", 1),
        ("xl/worksheets/sheet1.xml", '<row r="2">', '<row r="2" hidden="1">', 1),
        ("xl/worksheets/sheet1.xml", "</worksheet>", "<x/></worksheet>", 1),
        ("xl/worksheets/sheet1.xml", "</worksheet>\n", "</worksheet>\n<x/>", 1),
        ("xl/workbook.xml", 'sheetId="1"', 'sheetId="1" state="hidden"', 1),
    ],
    ids=["cell", "hidden row", "end", "behind the end", "hidden sheet"],
)
async def test_what_is_done_to_a_workbook_is_seen(
    part: str, before: str, after: str, count: int, tmp_path: Path
) -> None:
    ground = a_filled_ground(2)
    folder = await in_the_workbook(ground, tmp_path, part, lambda text: text.replace(before, after, 1))
    code, said = report(ground, tmp_path, folder)
    assert (code, kinds(said)) == (1, {"list_differs": count})


async def test_a_workbook_with_a_part_more_is_seen(tmp_path: Path) -> None:
    ground = a_filled_ground(2)
    folder = unpacked(await packed(ground, "xlsx"), tmp_path / "folder")
    with zipfile.ZipFile(folder / "danh-sach.xlsx", "a") as workbook:
        workbook.writestr("xl/vbaProject.bin", "x")
    correct_manifest(folder)
    code, said = report(ground, tmp_path, folder)
    assert (code, kinds(said)) == (1, {"list_differs": 3})


async def test_another_logs_key_and_a_forged_checkpoint_are_seen(tmp_path: Path) -> None:
    ground, other = a_filled_ground(2), InventedLog()
    folder = unpacked(await packed(ground, "csv"), tmp_path / "folder")
    forged = InventedLog(log_key=type(other.log_key)(ground.log.log_key.name, other.log_key.private_key))
    forged.fill(2)
    assert verify(("--dir", str(folder), "--log-key", forged.log_key.verifier)) == 1
    rewrite(folder, "checkpoint.txt", lambda _: forged.published().note)
    assert kinds(report(ground, tmp_path, folder)[1]) == {"checkpoint_unsigned": 1}
    rewrite(folder, "checkpoint.txt", lambda text: text.replace("dancu/H19", "dancu/H18"))
    assert kinds(report(ground, tmp_path, folder)[1]) == {"checkpoint_other_log": 1}


async def test_witnesses_age_and_older_checkpoints_are_held_against_a_package(tmp_path: Path) -> None:
    ground = a_filled_ground(2)
    folder = unpacked(await packed(ground, "csv"), tmp_path / "folder")
    code, said = report(ground, tmp_path, folder, "--witness", Witness().verifier)
    assert (code, kinds(said)) == (1, {"quorum_missed": 1})
    code, said = report(ground, tmp_path, folder, "--max-age", "0")
    assert (code, kinds(said)) == (1, {"checkpoint_old": 1})
    ground.log.fill(1)
    (tmp_path / "newer").write_text(ground.log.published().note)
    code, said = report(ground, tmp_path, folder, "--since", str(tmp_path / "newer"))
    assert (code, said["not_checked"]["old_checkpoint_elsewhere"]) == (2, 1)
    fork = InventedLog(log_key=ground.log.log_key)
    fork.fill(2)
    (tmp_path / "fork").write_text(fork.published().note)
    code, said = report(ground, tmp_path, folder, "--since", str(tmp_path / "fork"))
    assert (code, kinds(said)) == (1, {"not_a_continuation": 1})
    (tmp_path / "none").write_text("x")
    assert report(ground, tmp_path, folder, "--since", str(tmp_path / "none"))[0] == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b"{"),
        ("manifest.json", b"{}"),
        ("manifest.json", b'{"format": "dancu audit search export v1", "list": "pdf"}'),
        ("manifest.json", b'{"format": "dancu audit search export v1", "list": "csv"}'),
        ("records.jsonl", b"{}\n"),
        ("records.jsonl", b"[]\n"),
        ("records.jsonl", b'{"lookup_id": '),
        ("checkpoint.txt", b"x"),
        ("checkpoint.txt", b"x" * (1024 * 1024 + 1)),
        ("records.jsonl", None),
        ("manifest.json", None),
    ],
    ids=[
        "broken",
        "empty",
        "format",
        "nothing in it",
        "no lookup",
        "no object",
        "cut",
        "note",
        "large",
        "gone",
        "none",
    ],
)
async def test_what_is_no_package_is_no_verdict(
    name: str, content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ground = a_filled_ground(2)
    folder = unpacked(await packed(ground, "csv"), tmp_path / "folder")
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    assert report(ground, tmp_path, folder)[0] == 2
    assert str(ground.log.writer_key.verifier) not in capsys.readouterr().err


async def test_a_download_that_was_cut_off_is_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ground = a_filled_ground(2)
    content = await packed(ground, "csv")
    (tmp_path / "cut.zip").write_bytes(content[:-30])
    assert report(ground, tmp_path, tmp_path / "cut.zip")[0] == 2
    assert "cut off" in capsys.readouterr().err
    damaged = bytearray(content)
    damaged[60:64] = b"xxxx"
    (tmp_path / "damaged.zip").write_bytes(damaged)
    assert report(ground, tmp_path, tmp_path / "damaged.zip")[0] == 2


def test_a_digest_that_is_none_is_told() -> None:
    assert verify(("--dir", "x", "--log-key", "x", "--manifest-digest", "xyz")) == 2


@pytest.mark.parametrize("change", [a_record_twice, a_role_of_no_record], ids=["twice", "no role"])
async def test_records_that_no_lookup_has_are_no_verdict(
    change: Callable[[Lines], None], tmp_path: Path
) -> None:
    ground = a_filled_ground(2)
    folder = unpacked(await packed(ground, "csv"), tmp_path / "folder")
    on_records(change)(folder)
    assert report(ground, tmp_path, folder)[0] == 2


async def test_a_zip_of_something_else_is_no_verdict_and_two_files_of_one_name_are_seen(
    tmp_path: Path,
) -> None:
    ground = a_filled_ground(2)
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("x", "x")
    assert report(ground, tmp_path, path)[0] == 2
    path.write_bytes(await packed(ground, "csv"))
    with zipfile.ZipFile(path, "a") as package:
        content = package.read("danh-sach.csv")
        with pytest.warns(UserWarning, match="Duplicate name"):
            package.writestr("danh-sach.csv", content)
    assert kinds(report(ground, tmp_path, path)[1]) == {"file_changed": 1}


async def test_a_checkpoint_of_no_time_is_too_old_for_any_limit(tmp_path: Path) -> None:
    ground = a_filled_ground(2)
    folder = unpacked(await packed(ground, "csv"), tmp_path / "folder")
    times = (ground.evidence.newest.signed_at, "yesterday", "2026-05-06T01:00:00")
    for before, after in pairwise(times):
        rewrite(folder, "manifest.json", replacing(before, after))
        assert kinds(report(ground, tmp_path, folder, "--max-age", "1")[1]) == {"checkpoint_old": 1}


def replacing(before: str, after: str) -> Callable[[str], str]:
    return lambda text: text.replace(before, after)


async def test_a_time_that_is_none_is_shown_as_it_stands(tmp_path: Path) -> None:
    ground = a_filled_ground(1)
    folder = unpacked(await packed(ground, "csv"), tmp_path / "folder")
    on_records(lambda lines: lines[0].update(recorded_at="x"))(folder)
    assert kinds(report(ground, tmp_path, folder)[1]) == {"columns_differ": 1, "list_differs": 1}


def test_only_so_much_is_remembered_of_batches() -> None:
    ground, ledger = a_filled_ground(4), Ledger()
    batches = SearchBatches("H19", (), ledger, most_remembered=1)
    query = "select leaf, first, last, head, signature from record order by place desc"
    for leaf, first, last, head, signature in ground.log.database.execute(query):
        for key in (ground.log.writer_key.verifier, "another"):
            said = {"first_sequence": first, "last_sequence": last, "chain_head": head.hex()}
            said |= {"writer_key_id": key, "signature": signature.hex()}
            batches.meet(read_leaf(leaf), leaf_hash(leaf), said, Place())
    assert ledger.totals == {Kind.SIGNATURE_INVALID: 9}
    assert ledger.looked_at[Check.CHAINS] == 9


def test_what_earlier_records_link_to_is_forgotten_after_so_many() -> None:
    ground, ledger = a_filled_ground(8), Ledger()
    batches = SearchBatches("H19", (), ledger, most_remembered=1)
    query = "select leaf, first, last, head, signature from record order by place desc"
    rows = [(read_leaf(row[0]), *row) for row in ground.log.database.execute(query)]
    heads = [row for row in rows if row[0]["writer_sequence"] == row[3]]
    (before,) = [row for row in rows if row[0]["writer_sequence"] == heads[0][3] - 1]
    for facts, leaf, first, last, head, signature in [*heads, before]:
        said = {"first_sequence": first, "last_sequence": last, "chain_head": head.hex()}
        said |= {"writer_key_id": ground.log.writer_key.verifier, "signature": signature.hex()}
        batches.meet(facts, leaf_hash(leaf), said, Place())
    assert ledger.gaps == {Gap.BATCH_NUMBER_ONLY: 1}
