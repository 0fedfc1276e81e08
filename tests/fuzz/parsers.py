"""`python -m tests.fuzz.parsers`: spoilt answers to every parser of every road, for as long as one likes.

Whatever comes must be read or refused with one of our errors and a word of ours, within a second, in
memory that does not grow. The stand-in's own readers are tried, too. Exit code 1 where anything was found;
each input found is written to a file in --keep.
"""

import argparse
import asyncio
import json
import math
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from adapters.bearer import TokenCall, usable_seconds
from adapters.choose import ROADS
from adapters.connection import Answer
from adapters.lgsp_json import token as json_token
from adapters.lgsp_json.language import JsonLanguage
from adapters.lgsp_soap.credentials import Credentials
from adapters.profile import load_profile
from adapters.reasons import Reason
from adapters.soap.language import SoapLanguage
from adapters.source import Language
from adapters.wire import Wire
from app.errors import SourceError
from app.settings import UpstreamSettings
from mock_c06.config import COMPACT, HYPHENATED
from mock_c06.envelope import BadRequestError
from mock_c06.json_reading import DONG_THAP, THANH_HOA, Form, read_json_question
from mock_c06.reading import LOOKUP, VERIFICATION, read_question
from mock_c06.sequences import SEQUENCES
from tests.adapters.stand_in import settings_of
from tests.adapters.wire_line import Line
from tests.fuzz.loop import Target, fuzz
from tests.fuzz.mutating import either, spoil_bytes, spoil_json, spoil_xml
from tests.fuzz.telling import tell
from tests.fuzz.usual_answers import check_usual, spoil_layout

_TESTS: Final = Path(__file__).parents[1]
_ANSWERS: Final = _TESTS / "mock_c06" / "samples" / "responses"
_REQUESTS: Final = _TESTS / "mock_c06" / "samples" / "requests"
# Statuses under which a body is read, and two under which it is not.
_STATUSES: Final = (200, 200, 500, 400, 404, 503)
_PROFILES: Final = ("lgsp-soap", "vdxp-soap", "lgsp-json", "lgsp-json-thanh-hoa")
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_MOST_BODY_BYTES: Final = 256
_HTTP: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nyou\r\n0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Encoding: identity\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nxxxx",
)
_SOAP: Final = either(spoil_xml, spoil_xml, spoil_bytes)
_JSON: Final = either(spoil_json, spoil_json, spoil_bytes)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.parsers", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="the same seed, the same inputs (by chance)")
    parser.add_argument("--keep", type=Path, default=Path(), help="the folder for inputs that did harm")
    options = parser.parse_args(arguments)
    seed = secrets.randbelow(10**9) if options.seed is None else options.seed
    return tell(fuzz(targets(), seed=seed, seconds=options.minutes * 60), options.keep)


def targets() -> list[Target]:
    """Return every parser that reads what another side sent, with samples to begin from."""
    soap, wrapped = _files(_ANSWERS, "*.xml"), _files(_ANSWERS, "*.json")
    wrapped += [json.dumps({"error_code": "0", "message": each.decode()}).encode() for each in soap]
    found = []
    for name in _PROFILES:
        language = _language(name)
        seeds, mutate = (wrapped, _JSON) if isinstance(language, JsonLanguage) else (soap, _SOAP)
        readers = (language.read_citizen, language.read_confirmation, language.read_household)
        found += [Target(f"{name} {read.__name__}", seeds, mutate, _answer_reader(read)) for read in readers]
    found.append(Target("usual layout", soap, either(spoil_layout, spoil_layout, _SOAP), _compare_ways))
    return [*found, Target("wire", _HTTP, spoil_bytes, _feed_wire), *_token_readers(), *_question_readers()]


def _compare_ways(content: bytes) -> None:
    check_usual(content)


def _feed_wire(content: bytes) -> None:
    """Let *content* come as the answer, in two pieces, and then something that nobody asked for."""

    async def feed() -> None:
        wire = Wire(_MOST_BODY_BYTES)
        wire.connection_made(line := Line())
        question = wire.ask(b"question")
        half = len(content) // 2
        for piece in (content[:half], content[half:]):
            if not line.is_closing():
                wire.data_received(piece)
        is_answered = question.done() and question.exception() is None
        if is_answered and len(question.result().body) > _MOST_BODY_BYTES:
            raise AssertionError("an answer is larger than allowed")
        if not line.is_closing():
            wire.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" if is_answered else b"\0")
        wire.connection_lost(None)
        if wire.is_usable or not question.done():
            raise AssertionError("a question stays open, or a wire is used again")
        _check_word(question.exception())

    asyncio.run(feed())


def _language(name: str) -> Language:
    settings = UpstreamSettings.model_validate(
        settings_of("lgsp-soap", "https://localhost").model_dump()
        | {"profile": name, "agency_code": "DV", "service_account": "TK"}
    )
    road = next(road for road in ROADS if road.speaks(name))
    profile = load_profile(road.profiles, settings)
    return JsonLanguage(profile) if road.name == "lgsp-json" else SoapLanguage(profile)


def _answer_reader(read: Callable[[Answer], object]) -> Callable[[bytes], None]:
    def run(content: bytes) -> None:
        status = _STATUSES[len(content) % len(_STATUSES)]
        try:
            read(Answer(status, "text/xml", content))
        except SourceError as error:
            _check_word(error)

    return run


def _check_word(error: BaseException | None) -> None:
    # A word that is not ours could carry what was sent into a log.
    if isinstance(error, SourceError) and (error.reason not in set(Reason) or error.__cause__ is not None):
        raise AssertionError("an error says more than its word") from error
    if error is not None and not isinstance(error, SourceError):
        raise error


def _token_readers() -> Iterator[Target]:
    credentials = Credentials.from_settings(settings_of("lgsp-soap", "https://localhost"))
    seeds = (
        b'{"access_token":"abc","token_type":"Bearer","expires_in":3600}',
        b'{"token":"abc","refreshToken":"def","expiryDate":"2026-01-01T00:10:00+00:00"}',
    )
    for call in (credentials.token_call("/token"), json_token.token_call("/token", "AUTH-TEST")):
        yield Target(f"token {call.content.decode() or 'json'}", seeds, _JSON, _token_reader(call))


def _token_reader(call: TokenCall) -> Callable[[bytes], None]:
    def run(content: bytes) -> None:
        try:
            token, expires_in = call.read(content, _NOW)
        except ValidationError:
            return
        if not math.isfinite(usable_seconds(expires_in)) or not token.isascii():
            raise AssertionError("a token that cannot be used was taken")

    return run


def _question_readers() -> Iterator[Target]:
    """Yield the stand-in's own: a one-stop vendor's software may send it anything, too."""
    both = frozenset({COMPACT, HYPHENATED})
    for is_strict in (True, False):
        manner = "strictly" if is_strict else "leniently"

        def read_soap(content: bytes, *, is_strict: bool = is_strict) -> None:
            read_question(content, None, is_strict=is_strict, sequences=tuple(SEQUENCES), dialects=both)

        yield Target(f"stand-in SOAP {manner}", _files(_REQUESTS, "*.xml"), _SOAP, _refused_well(read_soap))
        for form, operation in ((DONG_THAP, VERIFICATION), (THANH_HOA, LOOKUP)):

            def read_json(
                content: bytes, *, is_strict: bool = is_strict, form: Form = form, operation: str = operation
            ) -> None:
                read_json_question(content, "application/json", operation, form, both, is_strict=is_strict)

            name = f"stand-in {form.name} {manner}"
            yield Target(name, _files(_REQUESTS, "*.json"), _JSON, _refused_well(read_json))


def _refused_well(read: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def run(content: bytes) -> None:
        try:
            read(content)
        except BadRequestError:
            return

    return run


def _files(folder: Path, pattern: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.glob(pattern))]


if __name__ == "__main__":
    raise SystemExit(main())
