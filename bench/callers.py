"""Callers that think before they ask again, sent by wrk, and what became of each of their requests."""

import re
import resource
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from bench.failure import BenchError

_SCRIPT: Final = Path(__file__).with_name("callers.lua")
_BROKEN: Final = re.compile(r"^broken (\d+)$", re.MULTILINE)
_ANSWER_SECONDS: Final = 10
_MICRO: Final = 1_000_000
_SPREAD: Final = 3
"""Nobody thinks for just as long as the next: between two thirds and four thirds of it."""
_SPARE_FILES: Final = 64


class Fate(StrEnum):
    """What became of a request."""

    FOUND = "found"
    SHED = "shed"
    """503 gateway_overloaded with Retry-After."""
    CROWDED = "crowded"
    """503 national_side_crowded with Retry-After: begun, and turned away for want of a place."""
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came for one request; `sent` counts from the start."""

    fate: Fate
    status: int
    sent_seconds: float
    took_seconds: float
    lookup_id: str

    @property
    def ended_seconds(self) -> float:
        """When it came."""
        return self.sent_seconds + self.took_seconds


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many callers for so long, who think for so long on average after each answer; 0: not at all."""

    callers: int
    seconds: int
    think_ms: int = 0

    @classmethod
    def asking(cls, per_second: float, seconds: int, think_ms: int, answer_ms: int) -> "Crowd":
        """Return one that asks so often while answers take *answer_ms* on average."""
        return cls(max(1, round(per_second * (think_ms + answer_ms) / 1000)), seconds, think_ms)


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a crowd's requests, and how many connections broke or waited ten seconds."""

    seconds: float
    answers: Sequence[Answer] = field(repr=False)
    broken: int = 0

    def of(self, fate: Fate) -> list[Answer]:
        """Return the answers of that kind."""
        return [each for each in self.answers if each.fate is fate]

    def pace(self, *fates: Fate) -> float:
        """Return how many such answers came a second; all of them where none is named."""
        return sum(not fates or each.fate in fates for each in self.answers) / self.seconds


class Callers:
    """Sends crowds to one address."""

    def __init__(self, program: str, folder: Path, url: str, body: bytes, tokens: Sequence[str]) -> None:
        """Run wrk, which is *program*; keep what it reads and writes in *folder*."""
        self._program = program
        self._url = url
        self._body, self._tokens, self._lines = (folder / name for name in ("asked", "tokens", "answers"))
        self._body.write_bytes(body)
        self._tokens.write_text("\n".join(tokens), encoding="ascii")

    def send(self, crowd: Crowd) -> Came:
        """Return what came of a crowd's requests; BenchError where it could not be sent."""
        _allow_open_files(crowd.callers)
        done = subprocess.run(
            self._command(crowd), capture_output=True, check=False, text=True, timeout=crowd.seconds + 60
        )
        broken = _BROKEN.search(done.stdout)
        if done.returncode != 0 or broken is None:
            raise BenchError(f"wrk gave no result: {(done.stderr or done.stdout).strip()[-500:]}")
        with self._lines.open(encoding="ascii") as lines:
            return came_of(lines, crowd.seconds, int(broken[1]))

    def _command(self, crowd: Crowd) -> list[str]:
        options = ["-t1", f"-c{crowd.callers}", f"-d{crowd.seconds}s", f"--timeout={_ANSWER_SECONDS}s"]
        thinking = [crowd.think_ms - crowd.think_ms // _SPREAD, crowd.think_ms + crowd.think_ms // _SPREAD]
        arguments = [self._body, self._tokens, self._lines, *thinking, crowd.callers]
        return [self._program, *options, "-s", str(_SCRIPT), self._url, "--", *map(str, arguments)]


def came_of(lines: Iterable[str], seconds: float, broken: int) -> Came:
    """Read what the script wrote; what wrk had no time to write whole at the end is left out."""
    answers = []
    for line in lines:
        words = line.split(" ")
        if line.endswith("\n"):
            fate, status, sent, took = Fate(words[0]), int(words[1]), int(words[2]), int(words[3])
            answers.append(Answer(fate, status, sent / _MICRO, took / _MICRO, words[4].strip()))
    if not answers:
        raise BenchError("nobody was answered at all")
    return Came(seconds, answers, broken)


def _allow_open_files(count: int) -> None:
    """Let wrk open so many connections; BenchError where the system forbids it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + _SPARE_FILES
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchError(f"{count} callers need as many open files; this account may have {hard}")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
