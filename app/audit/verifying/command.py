"""The verifier's command line, the same in `dancu audit verify` and in the single file."""

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from app.audit.sealing import RootKey
from app.audit.tree.notes import SIGNS_NOTES, NoteError, VerifierKey
from app.audit.tree.policy import PolicyError, TrustPolicy, read_policy
from app.audit.verifying.checking import Examination, examine
from app.audit.verifying.findings import CannotCheckError
from app.audit.verifying.heads import Trust
from app.audit.verifying.report import VERDICT_TEXTS, Verdict, report_json, report_text, verdict_of
from app.audit.verifying.search_checking import examine_search, is_search_export

_DESCRIPTION: Final = (
    "Kiểm tra bản trích xuất chứng cứ, không cần mạng. Check an export of the evidence, offline. "
    "Exit codes: 0 intact, 1 something is wrong with the evidence, 2 could not check."
)
_EXPORT_HELP: Final = "the folder of the export; of an exported search also its ZIP"
_LARGEST_FILE: Final = 1024 * 1024
_WRITER: Final = "/writer"
_MOST_MINUTES: Final = 60 * 24 * 366 * 100


def verify(arguments: Sequence[str], *, program: str = "dancu_verify.py") -> int:
    """Check what *arguments* say, print the report and return the exit code."""
    parser = verifier_options(program)
    try:
        options = parser.parse_args(arguments)
    except SystemExit as ended:
        return Verdict.NOT_CHECKED if ended.code else Verdict.INTACT
    try:
        if options.json is not None and options.json.exists():
            raise CannotCheckError(f"{options.json} exists already")
        asked = _examination(options)
        ledger = examine_search(asked) if is_search_export(asked.folder) else examine(asked)
        if options.json is not None:
            _write_new(options.json, report_json(ledger))
    except Exception as error:  # noqa: BLE001 - whatever fails here is no verdict on the evidence
        sys.stderr.write(f"{program}: {_reason(error)}\n")
        sys.stdout.write("\n".join(VERDICT_TEXTS[Verdict.NOT_CHECKED]) + "\n")
        return Verdict.NOT_CHECKED
    sys.stdout.write(report_text(ledger))
    return verdict_of(ledger)


def _reason(error: Exception) -> str:
    """Return what to tell of an error; of one nobody foresaw only its kind, for it may quote a record."""
    if isinstance(error, OSError):
        return f"{error.strerror}: {error.filename}"
    return str(error) if isinstance(error, CannotCheckError) else f"could not check: {type(error).__name__}"


def verifier_options(program: str) -> argparse.ArgumentParser:
    """Return the options and what each means."""
    parser = argparse.ArgumentParser(program, description=_DESCRIPTION, allow_abbrev=False)
    several = "; may be given several times"
    parser.add_argument("--dir", type=Path, required=True, metavar="EXPORT", help=_EXPORT_HELP)
    parser.add_argument(
        "--log-key",
        action="append",
        default=[],
        metavar="VKEY",
        help="the log's public key, given to you by another road; again for each log that it succeeded",
    )
    parser.add_argument(
        "--writer-key", action="append", default=[], metavar="VKEY", help="the first writer's key" + several
    )
    parser.add_argument(
        "--since",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a checkpoint kept before" + several,
    )
    parser.add_argument("--policy", type=Path, metavar="FILE", help="witnesses and quorum (C2SP tlog-policy)")
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        metavar="VKEY",
        help="a witness, instead of a policy" + several,
    )
    parser.add_argument(
        "--quorum", type=int, metavar="N", help="how many witnesses are needed; all by default"
    )
    parser.add_argument("--max-age", type=_minutes, metavar="MINUTES", help="how old the checkpoint may be")
    parser.add_argument(
        "--orphan-age",
        type=_minutes,
        default=timedelta(minutes=10),
        metavar="MINUTES",
        help="how long a lookup may be without its outcome; 10",
    )
    parser.add_argument(
        "--audit-root-key-file", type=Path, metavar="FILE", help="to open persons and check search tags"
    )
    parser.add_argument(
        "--manifest-digest",
        type=_digest,
        metavar="SHA256",
        help="of an exported search: what the log's record audit.search_export_ended says of its manifest",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the report for machines to this new file"
    )
    return parser


def _examination(options: argparse.Namespace) -> Examination:
    log_key, *former = _log_keys(options.log_key)
    trust = Trust(
        log_key=log_key,
        former_log_keys=tuple(former),
        policy=_policy(options),
        since=[(path.name, _read(path).decode("utf-8", "replace")) for path in options.since],
        max_age=options.max_age,
    )
    return Examination(
        folder=options.dir,
        trust=trust,
        now=datetime.now(UTC),  # noqa: TID251 - a file that stands alone has no clock of ours
        writer_keys=tuple(_checked(text, "--writer-key") for text in options.writer_key),
        root=_root_key(options.audit_root_key_file),
        orphan_age=options.orphan_age,
        manifest_digest=options.manifest_digest,
    )


def _log_keys(texts: Sequence[str]) -> list[VerifierKey]:
    """Return the keys of the log and of those before it, the newest first."""
    if not texts:
        raise CannotCheckError("without --log-key nothing can be checked")
    keys = [_key(text, "--log-key") for text in texts]
    if any(key.name.endswith(_WRITER) for key in keys):
        raise CannotCheckError("--log-key: this is a writer's key (--writer-key), not the log's")
    if len({key.name for key in keys}) < len(keys):
        raise CannotCheckError("--log-key: two keys of one log")
    return sorted(keys, key=lambda key: (len(key.name), key.name), reverse=True)


def _policy(options: argparse.Namespace) -> TrustPolicy | None:
    """Return the policy that was given; witnesses with a number are one, too."""
    if options.policy is not None:
        if options.witness:
            raise CannotCheckError("give --policy or --witness, not both")
        return _read_policy(_read(options.policy), str(options.policy))
    if not options.witness:
        if options.quorum is not None:
            raise CannotCheckError("--quorum needs --witness")
        return None
    names = [f"w{number}" for number in range(1, len(options.witness) + 1)]
    quorum = len(names) if options.quorum is None else options.quorum
    lines = [f"witness {name} {key.strip()}" for name, key in zip(names, options.witness, strict=True)]
    lines += [f"group enough {quorum} {' '.join(names)}", "quorum enough", ""]
    return _read_policy("\n".join(lines).encode(), "--witness, --quorum")


def _read_policy(content: bytes, name: str) -> TrustPolicy:
    try:
        return read_policy(content)
    except PolicyError as error:
        raise CannotCheckError(f"{name}: {error}") from None


def _root_key(path: Path | None) -> RootKey | None:
    if path is None:
        return None
    try:
        return RootKey.from_text(_read(path).decode("ascii").strip())
    except ValueError:
        # "from None": the cause may quote the key.
        raise CannotCheckError(f"{path}: this is no root key") from None


def _checked(text: str, option: str) -> str:
    if not _key(text, option).name.endswith(_WRITER):
        raise CannotCheckError(f"{option}: this is the key of a log (--log-key), not a writer's")
    return text.strip()


def _key(text: str, option: str) -> VerifierKey:
    try:
        key = VerifierKey.from_text(text.strip())
    except NoteError as error:
        raise CannotCheckError(f"{option}: {error}") from None
    if key.algorithm != SIGNS_NOTES:
        raise CannotCheckError(f"{option}: this is a witness's key")
    return key


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST_FILE)


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def _digest(text: str) -> str:
    digest = text.strip().lower()
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise argparse.ArgumentTypeError("a SHA-256 in hexadecimal")
    return digest


def _minutes(text: str) -> timedelta:
    try:
        minutes = int(text)
    except ValueError:
        minutes = -1
    if not 0 <= minutes <= _MOST_MINUTES:
        raise argparse.ArgumentTypeError("whole minutes, from zero on")
    return timedelta(minutes=minutes)
