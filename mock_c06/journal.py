"""The national side's own log of what was asked, and the counters tests read."""

import csv
import io
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from mock_c06.question import Question

KEPT_REQUEST_IDS = 10_000
CSV_COLUMNS = {
    "ThoiGian": "time",
    "MaYeuCau": "MaYeuCau",
    "MaCanBo": "MaCanBo",
    "MaDVC": "MaDVC",
    "DichVu": "operation",
    "KetQua": "answer",
}
_COMPUTED = ("=", "+", "-", "@", "\t", "\r")


class Journal:
    """Counts calls and, if a path is given, appends one JSON line for each."""

    def __init__(self, path: Path | None, *, names_persons: bool, clock: Callable[[], float]) -> None:
        self._path = path
        self._names_persons = names_persons
        self._clock = clock
        self._tokens_issued = 0
        self._calls = 0
        self._by_operation: Counter[str] = Counter()
        self._by_answer: Counter[str] = Counter()
        self._request_ids: deque[str] = deque(maxlen=KEPT_REQUEST_IDS)

    def count_token(self) -> None:
        """Note that a token was issued."""
        self._tokens_issued += 1

    def count_call(self) -> None:
        """Note that an operation was called, before anything is known about the call."""
        self._calls += 1

    def record_refusal(self, operation: str | None, answer: str) -> None:
        """Note a call that was answered without its question being understood."""
        self._by_answer[answer] += 1
        self._write(
            {"operation": operation, "MaYeuCau": None, "MaCanBo": None, "MaDVC": None, "answer": answer}
        )

    def record(self, question: Question, answer: str) -> None:
        """Note a question that was understood, and the kind of answer it gets."""
        self._by_operation[question.operation] += 1
        self._by_answer[answer] += 1
        self._request_ids.append(question.upstream_request_id)
        line: dict[str, str | None] = {
            "operation": question.operation,
            "MaYeuCau": question.upstream_request_id,
            "MaCanBo": self._officer(question.upstream_officer_code),
            "MaDVC": question.service_code,
            "answer": answer,
        }
        if self._names_persons:
            line["number"] = question.citizen_id or question.old_id_number
        self._write(line)

    def stats(self) -> dict[str, object]:
        """Return the counters as JSON values.

        `calls` counts every call of an operation, `lookups` those whose question was understood.
        """
        return {
            "tokens_issued": self._tokens_issued,
            "calls": self._calls,
            "lookups": self._by_operation.total(),
            "by_operation": dict(self._by_operation),
            "by_answer": dict(self._by_answer),
            "request_ids": list(self._request_ids),
        }

    @property
    def is_kept(self) -> bool:
        """Whether calls are written down at all."""
        return self._path is not None

    def as_csv(self) -> Iterator[bytes]:
        """Yield the log as CSV, one call a row, never a number of a person; UTF-8 with mark."""
        yield "\ufeff".encode() + _csv_row(list(CSV_COLUMNS))
        if self._path is None or not self._path.exists():
            return
        with self._path.open(encoding="utf-8") as log:
            for line in log:
                told = json.loads(line)
                yield _csv_row([told[name] or "" for name in CSV_COLUMNS.values()])

    def _officer(self, code: str) -> str:
        """Hide an officer code that is itself a personal number, as the courts send it."""
        is_personal_number = re.fullmatch(r"[0-9]{9}|[0-9]{12}", code) is not None
        return f"*{code[-3:]}" if is_personal_number and not self._names_persons else code

    def _write(self, line: dict[str, str | None]) -> None:
        if self._path is None:
            return
        time = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        with self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"time": time, **line}, ensure_ascii=False) + "\n")


def _csv_row(cells: list[str]) -> bytes:
    """Return one row; an apostrophe stands before what a spreadsheet program would compute."""
    row = io.StringIO()
    csv.writer(row).writerow([f"'{cell}" if cell.startswith(_COMPUTED) else cell for cell in cells])
    return row.getvalue().encode()
