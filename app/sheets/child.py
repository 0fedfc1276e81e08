"""`python -m app.sheets.child`: reads one file from standard input, held to memory and time."""

import json
import os
import resource
import sys
from pathlib import Path
from typing import BinaryIO, Final

from app.sheets.errors import SheetError, SheetReason
from app.sheets.recognising import read_here
from app.sheets.values import Limits, Sheet

OUT_OF_MEMORY: Final = 3
"""The exit code where even an answer found no room."""

_STATUS: Final = Path("/proc/self/status")


def main() -> None:
    """Answer in JSON on standard output; nothing is ever written elsewhere."""
    request = json.loads(sys.stdin.buffer.readline())
    limits = Limits(**request["limits"])
    hold(limits)
    try:
        answer = answer_to(sys.stdin.buffer, request["name"], limits)
        answer["peak_kib"] = _peak_kib()
        # Not json.dump, which is many times slower.
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")))
        sys.stdout.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def hold(limits: Limits) -> None:
    """Have the kernel hold this process to memory and processor time; no core file, no file written."""
    seconds = max(1, round(limits.seconds))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def answer_to(stream: BinaryIO, name: str, limits: Limits) -> dict[str, object]:
    """Return `{"sheets": …}` or `{"error": …}`."""
    try:
        sheets = read_here(stream.read(limits.max_file_bytes + 1), name, limits)
        return {"sheets": [_sheet_json(sheet) for sheet in sheets]}
    except SheetError as error:
        return {"error": error.as_json()}
    except (MemoryError, RecursionError):
        pass  # answered below, when what filled the memory is gone
    except Exception:  # noqa: BLE001 - a stranger's file found a fault of ours; it must not end without an answer
        return {"error": SheetError(SheetReason.UNREADABLE).as_json()}
    return {"error": SheetError(SheetReason.TOO_MUCH_MEMORY).as_json()}


def _sheet_json(sheet: Sheet) -> dict[str, object]:
    return {
        "name": sheet.name,
        "rows": [[row.number, row.cells, row.kinds, row.is_hidden] for row in sheet.rows],
        "merged": [
            [block.first_row, block.first_column, block.last_row, block.last_column] for block in sheet.merged
        ],
        "hidden_columns": sheet.hidden_columns,
    }


def _peak_kib() -> int:
    # Not getrusage: its figure begins with that of the process this one was forked from.
    try:
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    peaks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peaks[0]) if peaks else 0


if __name__ == "__main__":
    main()
