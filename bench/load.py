"""One round of load by wrk, and what it cost."""

import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.contestants import Contestant
from bench.failure import BenchError
from bench.national_side import questions_counted
from bench.processor import used_seconds

_SCRIPT: Final = Path(__file__).with_name("load.lua")
_RESULT: Final = re.compile(r"^result ((?: ?\w+=\d+)+)$", re.MULTILINE)
# A slow answer is a figure, not an error.
_ANSWER_SECONDS: Final = 10
_MICRO: Final = 1_000_000
_MILLI: Final = 1_000


@dataclass(frozen=True, slots=True)
class Round:
    """The figures of one contestant in one round; `postgres_cpu_us` only where there is a database."""

    requests: int
    requests_per_second: float
    cpu_us: float
    postgres_cpu_us: float | None
    p50_ms: float
    p99_ms: float


class Wrk:
    """Loads contestants through a number of connections that are always busy."""

    def __init__(self, program: str, connections: int, folder: Path, mock_url: str) -> None:
        """Keep request bodies and callers in *folder*; let the national side at *mock_url* count as well."""
        self._program = program
        self._connections = connections
        self._folder = folder
        self._mock_url = mock_url
        self._asked = Counter[str]()

    def load(self, contestant: Contestant, seconds: int) -> Round:
        """Return the figures of one round; BenchError for any answer that is wrong or missing."""
        command = self._command(contestant, seconds)
        asked_before = questions_counted(self._mock_url)
        before = _used(contestant)
        done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=seconds + 60)
        after = _used(contestant)
        match = _RESULT.search(done.stdout)
        if done.returncode != 0 or match is None:
            raise BenchError(f"wrk gave no result: {(done.stderr or done.stdout).strip()[-500:]}")
        figures = {name: int(value) for name, value in (pair.split("=") for pair in match[1].split())}
        _check(contestant, figures, questions_counted(self._mock_url) - asked_before)
        # What was in flight when the load ended was not counted, and has its number all the same.
        self._asked[contestant.name] += figures["requests"] + 2 * self._connections
        return _round(figures, [late - early for late, early in zip(after, before, strict=True)])

    def _command(self, contestant: Contestant, seconds: int) -> list[str]:
        questions = contestant.ask()
        body, callers = self._folder / "body", self._folder / "callers"
        body.write_bytes(questions.body)
        callers.write_text("\n".join(map(_in_one_line, questions.callers)), encoding="ascii")
        options = ["-t1", f"-c{self._connections}", f"-d{seconds}s", f"--timeout={_ANSWER_SECONDS}s"]
        arguments = [str(body), str(callers), contestant.expected, str(self._asked[contestant.name])]
        return [self._program, *options, "-s", str(_SCRIPT), contestant.url, "--", *arguments]


def _in_one_line(headers: Mapping[str, str]) -> str:
    return "\t".join(f"{name}: {value}" for name, value in headers.items())


def _used(contestant: Contestant) -> list[float]:
    pids = [contestant.pid, contestant.postgres_pid]
    return [used_seconds(pid) for pid in pids if pid is not None]


def _check(contestant: Contestant, figures: dict[str, int], asked: int) -> None:
    """Raise BenchError unless all answers were right and the national side was asked for each of them."""
    requests = figures["requests"]
    if figures["wrong"] or figures["broken"] or not requests:
        raise BenchError(
            f"{contestant.name}: {requests} answers, {figures['wrong']} of them wrong "
            f"(the last one with HTTP {figures['odd']}), "
            f"{figures['broken']} connections failed or too slow"
        )
    if asked < requests:
        raise BenchError(f"{contestant.name}: {requests} answers, but the mock was asked only {asked} times")


def _round(figures: dict[str, int], used: list[float]) -> Round:
    requests = figures["requests"]
    cpu_us = [seconds * _MICRO / requests for seconds in used]
    return Round(
        requests=requests,
        requests_per_second=requests * _MICRO / figures["microseconds"],
        cpu_us=cpu_us[0],
        postgres_cpu_us=cpu_us[1] if len(cpu_us) > 1 else None,
        p50_ms=figures["p50"] / _MILLI,
        p99_ms=figures["p99"] / _MILLI,
    )
