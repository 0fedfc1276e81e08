"""What the package of an exported search consists of, and how each of its files is read."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

from app.audit.verifying.export_files import Line, read_number, read_text
from app.audit.verifying.findings import CannotCheckError, Check, Kind, Ledger
from app.audit.verifying.search_lists import LIST_STEM, LIST_TEXTS, part_name

SEARCH_FORMAT: Final = "dancu audit search export v1"
SEARCH_MANIFEST: Final = "manifest.json"
SEARCH_CHECKPOINT: Final = "checkpoint.txt"
SEARCH_WRITER_KEYS: Final = "writer_keys.jsonl"
SEARCH_README: Final = "DOC-TRUOC.txt"
RECORDS_STEM: Final = "records"
RECORDS_ENDING: Final = "jsonl"
_LARGEST_TEXT: Final = 1024 * 1024
_LONGEST_RECORD: Final = 1024 * 1024
_BLOCK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class FileSaid:
    """What the manifest says of a file."""

    digest: str
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class SearchManifest:
    """What the package says of itself."""

    authority_code: str
    made_at: str
    checkpoint_signed_at: str
    list_format: str
    lookups: int
    files: Mapping[str, FileSaid]
    digest: str
    """SHA-256 of the manifest itself, as the log's record of the export's end says it."""

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read a manifest; CannotCheckError for what is none."""
        try:
            said = json.loads(content)
            if said["format"] != SEARCH_FORMAT or said["list"] not in LIST_TEXTS:
                raise CannotCheckError("the manifest is of another format")
            return cls(
                authority_code=read_text(said["authority_code"]),
                made_at=read_text(said["made_at"]),
                checkpoint_signed_at=read_text(said["checkpoint_signed_at"]),
                list_format=read_text(said["list"]),
                lookups=read_number(said["lookups"]),
                files={
                    name: FileSaid(
                        read_text(each["sha256"]), read_number(each["bytes"]), read_number(each["rows"])
                    )
                    for name, each in said["files"].items()
                },
                digest=hashlib.sha256(content).hexdigest(),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise CannotCheckError("the manifest is not readable") from None

    def parts(self, stem: str, ending: str) -> list[str]:
        """Return the names of a file's parts, in order."""
        names = list[str]()
        while (name := part_name(stem, ending, len(names) + 1)) in self.files:
            names.append(name)
        return names

    @property
    def compared(self) -> set[str]:
        """The files that a package of this format has."""
        others = {SEARCH_CHECKPOINT, SEARCH_WRITER_KEYS, SEARCH_README}
        return others.union(self.list_parts, self.parts(RECORDS_STEM, RECORDS_ENDING))

    @property
    def list_parts(self) -> list[str]:
        """The list's files."""
        return self.parts(LIST_STEM, self.list_format)


class SearchPackage:
    """A package as it came, a ZIP, or the folder somebody unpacked it to."""

    def __init__(self, path: Path, ledger: Ledger, closing: ExitStack) -> None:
        """Open it until *closing* ends; CannotCheckError for what is none."""
        self._path, self._ledger = path, ledger
        self._zip: zipfile.ZipFile | None = None
        if path.is_file():
            try:
                self._zip = closing.enter_context(zipfile.ZipFile(path))
            except zipfile.BadZipFile:
                raise CannotCheckError(f"{path}: this is no whole ZIP; was its download cut off?") from None
        self.manifest = SearchManifest.from_bytes(self.text(SEARCH_MANIFEST))
        if self._zip is not None and len(self._zip.namelist()) != len(self.names()):
            ledger.find(Kind.FILE_CHANGED, detail="two files of one name")
        known = {*self.manifest.files, SEARCH_MANIFEST}
        # A manifest made anew could name a list of its own that nobody compares with anything.
        for name in sorted((self.names() | known) - {*self.manifest.compared, SEARCH_MANIFEST}):
            ledger.find(Kind.FILE_CHANGED, detail=name)
        for name in sorted(known - self.names()):
            raise CannotCheckError(f"{path}: there is no {name}")

    def names(self) -> set[str]:
        """Return the names of the files there are."""
        if self._zip is not None:
            return set(self._zip.namelist())
        return {each.name for each in self._path.iterdir()}

    def text(self, name: str) -> bytes:
        """Return a small file's bytes; CannotCheckError where it is missing or not small."""
        with self.open(name) as file:
            content = file.read(_LARGEST_TEXT + 1)
        if len(content) > _LARGEST_TEXT:
            raise CannotCheckError(f"{name} is too large")
        return content

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file for reading; CannotCheckError where it is missing or damaged."""
        try:
            with self._zip.open(name) if self._zip is not None else (self._path / name).open("rb") as file:
                yield file
        except (KeyError, FileNotFoundError):
            raise CannotCheckError(f"there is no {name}") from None
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise CannotCheckError(f"{name} is damaged") from error

    def check_digests(self) -> None:
        """Compare every file with what the manifest says of it."""
        for name, said in self.manifest.files.items():
            digest, size = hashlib.sha256(), 0
            with self.open(name) as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
                    size += len(block)
            self._ledger.looked_at[Check.FILES] += 1
            if (digest.hexdigest(), size) != (said.digest, said.size):
                self._ledger.find(Kind.FILE_CHANGED, detail=name)

    def record_lines(self) -> Iterator[Line]:
        """Return what the package holds of each lookup, in its order; CannotCheckError for no such line."""
        for name in self.manifest.parts(RECORDS_STEM, RECORDS_ENDING):
            with self.open(name) as file:
                for number, line in enumerate(iter(lambda: file.readline(_LONGEST_RECORD), b""), start=1):
                    yield _read_line(name, number, line)


def _read_line(name: str, number: int, line: bytes) -> Line:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not line.endswith(b"\n"):
        raise CannotCheckError(f"{name}: line {number} is not readable")
    return said
