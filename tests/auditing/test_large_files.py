"""Large files never go to their disk, or from it, all at once."""

import io
import json
import os
import resource
from pathlib import Path

import pytest

from app.auditing.export_folder import ExportWriter, remove_export
from app.auditing.large_files import FREED_AT_ONCE, WRITTEN_AT_ONCE, SteadyFile, remove_steadily
from app.errors import ConfigurationError


class SyncedFile(io.BufferedWriter):
    """Knows how large it was each time somebody had it put on disk."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path, "wb"))
        self.synced = list[int]()

    def fileno(self) -> int:
        number = super().fileno()
        self.synced.append(os.fstat(number).st_size)
        return number


def a_file(folder: Path, size: int, name: str = "leaves.jsonl") -> Path:
    """Return a file of that size that takes no room."""
    with (folder / name).open("wb") as file:
        file.truncate(size)
    return folder / name


def an_export(folder: Path, *, leaves: int = 0) -> Path:
    with ExportWriter(folder) as writer:
        writer.seal(
            {
                "authority_code": "H19",
                "made_at": "2026-05-06T01:00:00.000000Z",
                "tree_size": 1,
                "first_index": 0,
                "end_index": 1,
                "before": [],
                "after": [],
                "with_keys": False,
            }
        )
        writer.publish()
    a_file(folder, leaves)
    return folder


def test_a_file_is_on_its_disk_but_for_the_last_megabytes_while_it_is_written(tmp_path: Path) -> None:
    file = SyncedFile(tmp_path / "a")
    steady = SteadyFile(file)
    half = b"x" * (WRITTEN_AT_ONCE // 2)
    for content in (half, half[1:], b"y", half, half, half):
        steady.write(content)
    assert file.synced == [WRITTEN_AT_ONCE, 2 * WRITTEN_AT_ONCE]
    steady.finish()
    assert file.synced[2:] == [5 * len(half)]
    assert file.closed


def test_a_large_file_is_removed_from_its_end_on_step_by_step(tmp_path: Path) -> None:
    size = 2 * FREED_AT_ONCE + 1
    file = a_file(tmp_path, size)
    left = [(freed, file.stat().st_size if file.exists() else None) for freed in remove_steadily(file)]
    assert left == [(FREED_AT_ONCE, FREED_AT_ONCE + 1), (FREED_AT_ONCE, 1), (1, None)]


def test_a_removal_that_was_left_in_the_middle_is_done_by_the_next(tmp_path: Path) -> None:
    file = a_file(tmp_path, 2 * FREED_AT_ONCE)
    next(remove_steadily(file))
    assert list(remove_steadily(file)) == [FREED_AT_ONCE]
    assert not file.exists()


def test_a_file_that_has_another_name_stays_whole_under_it(tmp_path: Path) -> None:
    kept = a_file(tmp_path, 2 * FREED_AT_ONCE)
    (tmp_path / "hard").hardlink_to(kept)
    (tmp_path / "soft").symlink_to(kept)
    for name in ("hard", "soft"):
        assert len(list(remove_steadily(tmp_path / name))) == 1
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] == [
        (kept.name, 2 * FREED_AT_ONCE)
    ]


def test_an_export_is_removed_whole_and_says_how_far_it_is(tmp_path: Path) -> None:
    folder = an_export(tmp_path / "e", leaves=FREED_AT_ONCE + 1)
    told = list[tuple[int, int]]()
    remove_export(folder, lambda removed, total: told.append((removed, total)))
    assert list(tmp_path.iterdir()) == []
    assert told[:2] == [(FREED_AT_ONCE, told[-1][1]), (FREED_AT_ONCE + 1, told[-1][1])]
    assert told[-1][0] == told[-1][1] > FREED_AT_ONCE + 1


def test_a_removal_of_an_export_that_was_interrupted_is_done_by_the_next(tmp_path: Path) -> None:
    folder = an_export(tmp_path / "e", leaves=2 * FREED_AT_ONCE)

    def interrupt(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        remove_export(folder, interrupt)
    (folder / "batches.jsonl").unlink()
    remove_export(folder, lambda *_: None)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_export_or_holds_more_is_not_touched(tmp_path: Path) -> None:
    export = an_export(tmp_path / "e")
    (export / "notes.txt").touch()
    with pytest.raises(ConfigurationError, match=r"also holds notes\.txt"):
        remove_export(export, lambda *_: None)
    (export / "notes.txt").unlink()
    (tmp_path / "link").symlink_to(export)
    empty, other = tmp_path / "empty", tmp_path / "other"
    empty.mkdir()
    other.mkdir()
    (other / "manifest.json").write_text(json.dumps({"format": "something else"}), encoding="utf-8")
    for folder in (tmp_path / "link", empty, other, tmp_path / "missing"):
        with pytest.raises(ConfigurationError, match="is no export"):
            remove_export(folder, lambda *_: None)
    assert len(list(export.iterdir())) == 8
    assert list(other.iterdir()) == [other / "manifest.json"]


def test_what_an_export_left_undone_is_removed_step_by_step_and_told(tmp_path: Path) -> None:
    told = list[tuple[int, int]]()
    with ExportWriter(tmp_path / "e", lambda *said: told.append(said)) as writer:
        writer.add("leaves.jsonl", {"leaf": "x" * FREED_AT_ONCE})
    assert list(tmp_path.iterdir()) == []
    assert told[-1] == (told[-1][1], told[-1][1])
    assert FREED_AT_ONCE in [
        removed - before for (before, _), (removed, _) in zip([(0, 0), *told], told, strict=False)
    ]


def test_an_export_leaves_nothing_where_its_removal_is_interrupted_too(tmp_path: Path) -> None:
    def interrupt(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), ExportWriter(tmp_path / "e", interrupt) as writer:
        writer.add("month_keys.jsonl", {"private_key": "00"})
    assert list(tmp_path.iterdir()) == []


def test_an_export_for_which_there_is_no_room_leaves_nothing(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FREED_AT_ONCE, before[1]))
    try:
        with pytest.raises(OSError, match="too large"), ExportWriter(tmp_path / "e") as writer:  # noqa: PT012
            writer.add("leaves.jsonl", {"leaf": "x" * (FREED_AT_ONCE - 100)})
            for _ in range(100):
                writer.add("leaves.jsonl", {"leaf": "y" * 100})
            writer.seal({})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
