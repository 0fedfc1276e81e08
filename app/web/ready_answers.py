"""Problems that are told so often that their answers are made beforehand, but for the request's id."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, get_args

from app.errors import GatewayError
from app.web.context import choose_request_id
from app.web.problem_texts import Language
from app.web.problems import language_of, problem_response

_PLACE: Final = "00000000-0000-0000-0000-000000000000"
_LENGTH: Final = b"content-length"
_LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


@dataclass(frozen=True, slots=True)
class _Form:
    """An answer with a gap where the request's id stands."""

    headers: bytes
    before: bytes
    after: bytes

    def fill(self, request_id: bytes) -> bytes:
        length = len(self.before) + len(request_id) + len(self.after)
        return b"%bcontent-length: %d\r\nx-request-id: %b\r\n\r\n%b%b%b" % (
            *(self.headers, length, request_id),
            *(self.before, request_id, self.after),
        )


class ReadyAnswers:
    """The same problem with several `Retry-After`, in both languages."""

    def __init__(self, errors: Iterable[GatewayError]) -> None:
        """Make what *errors*, each with its own time to try again, are answered with."""
        self._forms = {
            (error.retry_after_seconds, language): _form(error, language)
            for error in errors
            for language in _LANGUAGES
        }

    def pick(self, retry_after_seconds: int, headers: list[tuple[bytes, bytes]]) -> bytes:
        """Return headers and body, in the language and with the id of the request with *headers*."""
        offered: str | None = None
        wished: str | None = None
        for name, value in headers:
            if name == b"x-request-id" and offered is None:
                offered = value.decode("latin-1")
            elif name == b"accept-language" and wished is None:
                wished = value.decode("latin-1")
        form = self._forms[retry_after_seconds, language_of(wished)]
        return form.fill(choose_request_id(offered).encode())


def _form(error: GatewayError, language: Language) -> _Form:
    answer = problem_response(error, language, request_id=_PLACE)
    before, place, after = bytes(answer.body).partition(_PLACE.encode())
    if not place:
        raise ValueError("a problem that does not name its request")
    headers = (b"%b: %b\r\n" % header for header in answer.raw_headers if header[0] != _LENGTH)
    return _Form(b"".join(headers), before, after)
