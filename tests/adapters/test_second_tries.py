"""After a 401 a question is asked once more under a new token, and never of anybody else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from adapters.bearer import TokenCache, TokenCall
from adapters.calls import BearerCalls
from adapters.connection import Answer
from adapters.reasons import Reason
from app.clock import SystemClock
from app.errors import SourceConfusedError, SourceError, SourceSilentError
from app.lookup.source import Journey

REFUSED = Answer(401, "application/json", b"{}")
FOUND = Answer(200, "text/xml", b"<found/>")


@dataclass
class Line:
    """A connection that answers as told (implements Connection); `asked` are the paths, in order."""

    tokens: list[Answer | SourceError]
    answers: list[Answer | SourceError]
    asked: list[str] = field(default_factory=list)

    async def post(
        self,
        path: str,
        *,
        content: bytes,  # noqa: ARG002 - any
        headers: Mapping[str, str],  # noqa: ARG002 - any
        seconds_left: float,  # noqa: ARG002 - at once
    ) -> Answer:
        self.asked.append(path)
        said = (self.tokens if path == "/token" else self.answers).pop(0)
        if isinstance(said, SourceError):
            raise said
        return said

    async def reach(self, path: str, *, seconds_left: float) -> int:  # noqa: ARG002 - as above
        return 405

    async def aclose(self) -> None:
        pass


def a_token(body: bytes, _: datetime) -> tuple[str, float | None]:
    return body.decode(), None


def tokens(*after_the_first: Answer | SourceError) -> list[Answer | SourceError]:
    return [Answer(200, "", b"first"), *after_the_first]


async def asked_over(line: Line, journey: Journey) -> Answer:
    cache = TokenCache(line, TokenCall("/token", b"", {}, a_token), SystemClock())
    calls = BearerCalls(line, cache, lambda _: {})
    return await calls.post("/find", b"question", float("inf"), journey)


async def test_a_refused_token_is_replaced_and_the_question_asked_once_more() -> None:
    line, journey = Line(tokens(Answer(200, "", b"second")), [REFUSED, FOUND]), Journey(tries=1)

    assert await asked_over(line, journey) == FOUND
    assert line.asked == ["/token", "/find", "/token", "/find"]
    assert journey.tries == 2


@pytest.mark.parametrize(
    ("new_token", "answer", "reason", "tries"),
    [
        (SourceSilentError(Reason.CONNECT_FAILED, was_sent=False), None, Reason.CONNECT_FAILED, 1),
        (Answer(403, "", b""), None, Reason.TOKEN_REFUSED, 1),
        (
            Answer(200, "", b"second"),
            SourceSilentError(Reason.CONNECT_FAILED, was_sent=False),
            Reason.CONNECT_FAILED,
            2,
        ),
        (Answer(200, "", b"second"), REFUSED, Reason.TOKEN_REJECTED, 2),
    ],
    ids=["no new token", "new token refused", "second try not connected", "second try refused"],
)
async def test_a_question_that_left_once_counts_as_sent_however_its_second_try_ends(
    new_token: Answer | SourceError, answer: Answer | SourceError | None, reason: Reason, tries: int
) -> None:
    later: list[Answer | SourceError] = [] if answer is None else [answer]
    line, journey = Line(tokens(new_token), [REFUSED, *later]), Journey(tries=1)

    with pytest.raises(SourceError) as caught:
        await asked_over(line, journey)

    assert (caught.value.reason, caught.value.was_sent, journey.tries) == (reason, True, tries)


async def test_a_question_without_a_token_was_not_sent() -> None:
    line, journey = Line([Answer(403, "", b"")], []), Journey(tries=1)

    with pytest.raises(SourceConfusedError) as caught:
        await asked_over(line, journey)

    assert (caught.value.was_sent, line.asked) == (False, ["/token"])
