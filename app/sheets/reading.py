"""Reads a file that a stranger made, in a process of its own that cannot hurt this one."""

import json
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any, Final

from app.sheets.child import OUT_OF_MEMORY
from app.sheets.errors import SheetError, SheetReason
from app.sheets.values import MEBIBYTE, Block, Limits, Row, Sheet

DEFAULT_LIMITS: Final = Limits()
# Isolated: neither folder nor environment of whoever started the gateway; no secret of it is handed down.
_COMMAND: Final = (sys.executable, "-I", "-X", "utf8", "-m", "app.sheets.child")
_ENVIRONMENT: Final = {"LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A file's visible sheets that are not blank, and the memory that reading them took at its height."""

    sheets: tuple[Sheet, ...]
    peak_kib: int


def read_sheets(content: bytes, name: str, limits: Limits = DEFAULT_LIMITS) -> tuple[Sheet, ...]:
    """Return the visible sheets of an XLSX or CSV file that are not blank.

    Blocks for up to `limits.patience_seconds`: call it from a thread, and bound how many run at once.
    Raises SheetError, whatever the file holds.
    """
    return read_measured(content, name, limits).sheets


def read_measured(content: bytes, name: str, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Return the sheets and what they cost; raises SheetError."""
    if len(content) > limits.max_file_bytes:
        raise SheetError(SheetReason.FILE_TOO_LARGE, detail=str(limits.max_file_bytes // MEBIBYTE))
    answer = ask_child(content, name, limits)
    if "error" in answer:
        fault = answer["error"]
        reason = SheetReason(fault.pop("reason"))
        raise SheetError(reason, **fault)
    return Reading(tuple(map(_sheet, answer["sheets"])), answer["peak_kib"])


def ask_child(content: bytes, name: str, limits: Limits) -> dict[str, Any]:
    """Return the reading process's answer, whose end by a limit is an answer too."""
    request = json.dumps({"name": name, "limits": asdict(limits)}).encode() + b"\n"
    try:
        done = subprocess.run(  # noqa: S603 - a constant command
            _COMMAND,
            input=request + content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            timeout=limits.patience_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _ended(SheetReason.TOO_SLOW)
    if done.returncode == -signal.SIGXCPU:
        return _ended(SheetReason.TOO_SLOW)
    if done.returncode < 0 or done.returncode == OUT_OF_MEMORY:
        return _ended(SheetReason.TOO_MUCH_MEMORY)
    if done.returncode != 0:
        return _ended(SheetReason.UNREADABLE)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _ended(reason: SheetReason) -> dict[str, Any]:
    return {"error": dict(SheetError(reason).as_json())}


def _sheet(parts: dict[str, Any]) -> Sheet:
    return Sheet(
        name=parts["name"],
        rows=tuple(
            Row(number, tuple(cells), kinds, hidden) for number, cells, kinds, hidden in parts["rows"]
        ),
        merged=tuple(Block(*corners) for corners in parts["merged"]),
        hidden_columns=tuple((first, last) for first, last in parts["hidden_columns"]),
    )
