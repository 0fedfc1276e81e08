"""Asks independent witnesses to cosign a checkpoint (C2SP tlog-witness, add-checkpoint)."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

import httpx

from app.audit.tree.checkpoint import as_text
from app.audit.tree.cosignature import verify_cosignature
from app.audit.tree.merkle import TreeHead
from app.audit.tree.notes import NoteError, split_note
from app.audit.tree.policy import TrustPolicy, Witness
from app.clock import Clock
from app.logs import LogEvent, get_logger

ROUND_SECONDS: Final = 3.0
_MOST_BYTES: Final = 16 * 1024
_MOST_CLOCK_SECONDS: Final = 600
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")
_MOST_NAME: Final = 60
_UNSAYABLE: Final = re.compile(r"[^A-Za-z0-9._/-]|[0-9]{9,}")
_log = get_logger(__name__)

Prove = Callable[[int, int], Awaitable[Sequence[bytes]]]
"""Returns the proof that the tree of the second size continues the tree of the first."""


class Answer(StrEnum):
    """What came of asking a witness; what an operator does about each stands in docs/evidence.md."""

    COSIGNED = "cosigned"
    OTHER_SIZE = "other_size"
    UNREACHABLE = "unreachable"
    TROUBLE = "trouble"
    LOG_UNKNOWN = "log_unknown"
    KEY_UNKNOWN = "key_unknown"
    REQUEST_REFUSED = "request_refused"
    NOT_ITS_KEY = "not_its_key"
    CLOCK_DIFFERS = "clock_differs"
    SAW_MORE = "saw_more"
    SAW_ANOTHER_ROOT = "saw_another_root"
    SAW_ANOTHER_PAST = "saw_another_past"


_FORK: Final = frozenset({Answer.SAW_MORE, Answer.SAW_ANOTHER_ROOT, Answer.SAW_ANOTHER_PAST})
"""The witness holds proof that the log is not the one it cosigned before."""
_BY_STATUS: Final = {
    400: Answer.REQUEST_REFUSED,
    403: Answer.KEY_UNKNOWN,
    404: Answer.LOG_UNKNOWN,
    409: Answer.SAW_ANOTHER_ROOT,
    422: Answer.SAW_ANOTHER_PAST,
}


@dataclass(frozen=True, slots=True)
class Cosigned:
    """Which cosignatures a checkpoint has, by the cosigners' key names and ids, and whether they suffice."""

    lines: Mapping[str, str]
    is_quorum: bool


@dataclass(slots=True, eq=False)
class _Asked:
    """A witness that can be asked, and what is remembered of it."""

    witness: Witness
    url: str
    size: int = 0
    last_answer: Answer | None = None
    line: str | None = None
    """Its cosignature of the checkpoint that is being cosigned."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A checkpoint to cosign, and until when there is time."""

    head: TreeHead
    note: str
    text: str
    prove: Prove
    ends_at: float


class Witnesses:
    """Collects the cosignatures that a policy asks for; each witness's last size is remembered."""

    def __init__(
        self,
        policy: TrustPolicy,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        round_seconds: float = ROUND_SECONDS,
    ) -> None:
        """Ask those witnesses of *policy* that have an address, through *http*."""
        self._policy = policy
        self._http = http
        self._clock = clock
        self._round_seconds = round_seconds
        self._asked = [
            _Asked(one, f"{one.url.rstrip('/')}/add-checkpoint") for one in policy.witnesses if one.url
        ]

    async def cosign(
        self, head: TreeHead, note: str, prove: Prove, known: Mapping[str, str] | None = None
    ) -> Cosigned:
        """Return the cosignatures of *note*, of which some may be *known*; a witness makes it raise nothing.

        All are asked at once and within `round_seconds` altogether, a second time where one remembers
        another size than we thought. Raises what *prove* raises.
        """
        text, _ = split_note(note)
        lines = self._still_good(text, known or {})
        question = _Question(head, note, text, prove, self._clock.monotonic() + self._round_seconds)
        missing = [one for one in self._asked if cosigner_name(one.witness) not in lines]
        answers = await self._ask_all(missing, question)
        again = [one for one, answer in zip(missing, answers, strict=True) if answer is Answer.OTHER_SIZE]
        answers += await self._ask_all(again, question)
        for one, answer in dict(zip([*missing, *again], answers, strict=True)).items():
            _tell(one, answer)
        lines |= {cosigner_name(one.witness): one.line for one in missing if one.line is not None}
        names = {one.name for one in self._policy.witnesses if cosigner_name(one) in lines}
        return Cosigned(lines, self._policy.is_quorum(names))

    def _still_good(self, text: str, known: Mapping[str, str]) -> dict[str, str]:
        """Return those of the *known* lines that this policy's witnesses made."""
        good = dict[str, str]()
        for witness in self._policy.witnesses:
            name = cosigner_name(witness)
            with contextlib.suppress(NoteError, KeyError):
                verify_cosignature(witness.key, text, known[name])
                good[name] = known[name]
        return good

    async def _ask_all(self, asked: Sequence[_Asked], question: _Question) -> list[Answer]:
        # The proofs one after the other, before anything is sent: they share one connection to the database.
        bodies = [await _body(one, question) for one in asked]
        asking = (self._ask(one, *body, question) for one, body in zip(asked, bodies, strict=True))
        return list(await asyncio.gather(*asking))

    async def _ask(self, one: _Asked, old_size: int, body: bytes, question: _Question) -> Answer:
        one.line = None
        try:
            async with asyncio.timeout(max(0.0, question.ends_at - self._clock.monotonic())):
                status, said = await self._post(one.url, body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):  # TimeoutError is an OSError
            return Answer.UNREACHABLE
        if status == HTTPStatus.OK:
            return self._cosignature(one, said, question)
        match = _SIZE.fullmatch(said) if status == HTTPStatus.CONFLICT else None
        if match is None or int(match[1]) == old_size:
            return _BY_STATUS.get(status, Answer.TROUBLE)
        one.size = int(match[1])
        return Answer.OTHER_SIZE if one.size <= question.head.size else Answer.SAW_MORE

    async def _post(self, url: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body; of a body that is longer than any cosignatures only its beginning.

        As it was sent: what is compressed could be of any size once it is not.
        """
        said = b""
        async with self._http.stream("POST", url, content=body, follow_redirects=False) as response:
            async for part in response.aiter_raw():
                said += part
                if len(said) > _MOST_BYTES:
                    break
        return response.status_code, said[:_MOST_BYTES]

    def _cosignature(self, one: _Asked, said: bytes, question: _Question) -> Answer:
        for line in said.decode("utf-8", "replace").splitlines():
            try:
                seconds = verify_cosignature(one.witness.key, question.text, line)
            except NoteError:
                continue
            if abs(self._clock.now().timestamp() - seconds) > _MOST_CLOCK_SECONDS:
                return Answer.CLOCK_DIFFERS
            one.size, one.line = question.head.size, f"{line}\n"
            return Answer.COSIGNED
        return Answer.NOT_ITS_KEY


def cosigner_name(witness: Witness) -> str:
    """Return the name under which a witness's cosignatures are stored: its key's name and id."""
    return f"{witness.key.name}+{witness.key.key_id.hex()}"


async def _body(one: _Asked, question: _Question) -> tuple[int, bytes]:
    """Return the size that the proof begins at, and the request's body."""
    # A witness that saw more than there is will say so again.
    old_size = one.size if one.size <= question.head.size else 0
    proof = await question.prove(old_size, question.head.size)
    lines = "".join(f"{as_text(part)}\n" for part in proof)
    return old_size, f"old {old_size}\n{lines}\n{question.note}".encode()


def _tell(one: _Asked, answer: Answer) -> None:
    """Log what became of asking a witness where that is another thing than the last time."""
    if answer is one.last_answer:
        return
    one.last_answer = answer
    name = _UNSAYABLE.sub("_", one.witness.name)[:_MOST_NAME]
    if answer is Answer.COSIGNED:
        _log.info(LogEvent.WITNESS_COSIGNS, witness=name)
    elif answer in _FORK:
        _log.critical(LogEvent.WITNESS_SAW_ANOTHER_LOG, witness=name, reason=answer.value)
    else:
        _log.error(LogEvent.WITNESS_FAILED, witness=name, reason=answer.value)
