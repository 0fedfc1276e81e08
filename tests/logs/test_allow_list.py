"""Log lines: named events, named fields of known shapes; whatever else is withheld and never shown."""

import io
import json
import logging
import re
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from app.logs import ALLOWED_FIELDS, LogEvent, configure_logging, get_logger, log_served
from app.lookup.values import BirthDate, Citizen

NAME = "Trần Văn Thử"
NUMBER = "099190000017"
A_CITIZEN = Citizen(NUMBER, NAME, BirthDate(1990))
UUID_TEXT = "01981c5e-ab1d-7000-8000-aabbccddeeff"
GOOD: dict[str, object] = {
    "code": "upstream_unavailable",
    "count": 3,
    "days": 19,
    "duration_ms": 17,
    "error": "TimeoutError",
    "fields": "/citizen/id_number /citizen/birth_date",
    "line": 12,
    "lookup_id": UUID_TEXT,
    "method": "POST",
    "minutes": 17,
    "module": "app.web.context",
    "month": "2026-11",
    "outcome": "found",
    "place": "app.main:12 <lambda>",
    "reason": "connect_failed",
    "request_id": UUID_TEXT.replace("-", ""),
    "road": "lgsp-soap",
    "route": "/v1/residence-lookups/{lookup_id}",
    "sqlstate": "23505",
    "status": 200,
    "used_percent": 71,
    "version": 66,
    "volume": "/var/lib/postgresql",
    "witness": "thanh-tra.example/w1",
}


@pytest.fixture
def stream() -> io.StringIO:
    written = io.StringIO()
    configure_logging(written, level=logging.DEBUG)
    return written


def _line(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    return dict(json.loads(line))


def test_every_field_has_an_example_here() -> None:
    assert set(GOOD) == set(ALLOWED_FIELDS)


@pytest.mark.parametrize("name", GOOD)
def test_a_known_field_of_its_shape_is_written(stream: io.StringIO, name: str) -> None:
    get_logger("here").info(LogEvent.STARTED, **{name: GOOD[name]})
    assert _line(stream)[name] == GOOD[name]
    assert _line(stream)["event"] == "gateway.started"


@pytest.mark.parametrize(
    "value",
    [NAME, NUMBER, int(NUMBER), A_CITIZEN, NAME.encode(), [NAME], {"a": NAME}, None, 1.5],
    ids=["name", "number", "integer", "citizen", "bytes", "list", "dict", "none", "float"],
)  # fmt: skip
@pytest.mark.parametrize("name", [*GOOD, "citizen", "frames", "message", "exception", "stack_info"])
def test_a_person_is_withheld_wherever_they_are_put(stream: io.StringIO, name: str, value: object) -> None:
    get_logger("tests.here").info(LogEvent.STARTED, **{name: value})
    line = _line(stream)
    assert line["event"] == "log.withheld"
    assert "test_a_person_is_withheld" in line["place"]
    for part in (NAME, NUMBER, NUMBER.lstrip("0"), json.dumps(NAME)):
        assert part not in stream.getvalue()


@pytest.mark.parametrize("event", [NAME, A_CITIZEN, "gateway.started", "", None])
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
def test_an_event_without_a_name_of_ours_is_withheld(stream: io.StringIO, level: str, event: Any) -> None:
    getattr(get_logger("tests.here"), level)(event)
    line = _line(stream)
    assert (line["event"], line["level"]) == ("log.withheld", level)
    assert NAME not in stream.getvalue()


def test_what_was_bound_is_judged_too(stream: io.StringIO) -> None:
    get_logger("tests.here").bind(citizen=NAME).info(LogEvent.STARTED)
    assert _line(stream)["event"] == "log.withheld"
    assert NAME not in stream.getvalue()


def test_a_value_interpolated_into_a_text_is_withheld(stream: io.StringIO) -> None:
    get_logger("tests.here").info("looked up %s", NAME)
    assert _line(stream)["event"] == "log.withheld"
    assert NAME not in stream.getvalue()


def test_time_and_level_cannot_be_forged(stream: io.StringIO) -> None:
    get_logger("tests.here").info(LogEvent.STARTED, time=NAME, level=NAME)
    assert _line(stream)["level"] == "info"
    assert NAME not in stream.getvalue()


def _raise_about_somebody() -> None:
    try:
        raise KeyError(NAME)
    except KeyError as error:
        raise ValueError(f"{NAME} {NUMBER}") from error


def test_an_exception_is_its_type_and_its_way_and_never_its_message(stream: io.StringIO) -> None:
    try:
        _raise_about_somebody()
    except ValueError:
        get_logger("tests.here").error(LogEvent.REQUEST_FAILED, exc_info=True)
    line = _line(stream)
    assert (line["event"], line["error"]) == ("request.failed", "ValueError")
    assert [frame.rpartition(" ")[2] for frame in line["frames"]] == [
        "test_an_exception_is_its_type_and_its_way_and_never_its_message",
        "_raise_about_somebody",
    ]
    assert NAME not in stream.getvalue()
    assert NUMBER not in stream.getvalue()


@pytest.mark.parametrize("level", [30, 35, 40, 45, 50, 60])
def test_a_library_may_log_at_any_level_and_its_words_are_dropped(stream: io.StringIO, level: int) -> None:
    logging.root.manager.getLogger("somelibrary").log(level, "about %s", NAME)
    line = _line(stream)
    assert (line["event"], line["module"]) == ("library.message", "somelibrary")
    assert NAME not in stream.getvalue()


def test_uvicorns_own_sayings_are_kept_and_its_quotations_are_not(stream: io.StringIO) -> None:
    logger = logging.root.manager.getLogger("uvicorn.error")
    logger.info("Application startup complete.")
    assert _line(stream)["message"] == "Application startup complete."
    logger.info('%s - "WebSocket %s" 403', "127.0.0.1", f"/{NUMBER}")
    logger.error("Error loading " + NAME)  # noqa: G003 - as uvicorn writes some of its own
    assert NAME not in stream.getvalue()
    assert NUMBER not in stream.getvalue()


def test_a_failed_start_shows_its_way_and_not_its_message(stream: io.StringIO) -> None:
    trace = f'Traceback (most recent call last):\n  File "/a/main.py", line 7, in start\nValueError: {NAME}\n'
    logging.root.manager.getLogger("uvicorn.error").error(trace)
    assert _line(stream)["frames"] == ["main:7 start"]
    assert _line(stream)["error"] == "ValueError"
    assert NAME not in stream.getvalue()


def test_a_start_refused_for_a_setting_names_the_setting(stream: io.StringIO) -> None:
    words = "DANCU_UPSTREAM_BASE_URL is not a URL"
    trace = f"Traceback (most recent call last):\napp.errors.ConfigurationError: {words}\n"
    logging.root.manager.getLogger("uvicorn.error").error(trace)
    assert _line(stream)["message"] == words


def test_requests_are_not_logged_by_uvicorn(stream: io.StringIO) -> None:
    logging.root.manager.getLogger("uvicorn.access").info('"GET /%s"', NUMBER)
    assert stream.getvalue() == ""


def test_a_warning_is_its_category_and_place(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        configure_logging(stream)
        warnings.simplefilter("always")
        warnings.warn(NAME, UserWarning, stacklevel=1)
    line = _line(stream)
    assert (line["event"], line["error"]) == ("library.message", "UserWarning")
    assert NAME not in stream.getvalue()


class _BrokenStream(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


def test_a_line_that_cannot_be_written_ends_nothing() -> None:
    configure_logging(_BrokenStream())
    get_logger("tests.here").info(LogEvent.STARTED)


def test_what_nobody_catches_is_logged_without_its_message() -> None:
    script = (
        "import threading\n"
        "from app.logs import configure_logging\n"
        "configure_logging()\n"
        f"def fail(*_): raise ValueError({NAME!r})\n"
        f"thread = threading.Thread(target=fail, name={NAME!r}); thread.start(); thread.join()\n"
        "Unhappy = type('Unhappy', (), {'__del__': fail}); Unhappy()\n"
        "fail()\n"
    )
    ended = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, check=False
    )
    lines = [json.loads(line) for line in ended.stdout.decode().splitlines()]
    assert ended.returncode == 1
    assert [line["error"] for line in lines] == ["ValueError"] * 3
    assert NAME not in ended.stdout.decode() + ended.stderr.decode()


def test_the_test_runners_own_hooks_stay() -> None:
    before = threading.excepthook, sys.unraisablehook
    configure_logging()
    assert (threading.excepthook, sys.unraisablehook) == before


SERVED: dict[str, Any] = {
    "request_id": UUID_TEXT,
    "method": "POST",
    "route": "/v1/residence-lookups/{lookup_id}",
    "status": 200,
    "duration_ms": 17,
}


def test_the_line_of_a_request_is_to_the_byte_what_a_logger_writes(stream: io.StringIO) -> None:
    log_served(**SERVED)
    get_logger("app.web.context").info(LogEvent.REQUEST_SERVED, **SERVED)
    quick, usual = (re.sub(r'"time":"[^"]{24}"', "", line) for line in stream.getvalue().splitlines())
    assert quick == usual


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("request_id", NUMBER),
        ("request_id", f'{UUID_TEXT}"'),
        ("method", "Tran"),
        ("route", f"/v1/{NAME}"),
        ("status", int(NUMBER)),
        ("status", True),
        ("duration_ms", 10**8),
    ],
)
def test_a_request_of_another_shape_is_withheld_from_its_line(
    stream: io.StringIO, name: str, value: Any
) -> None:
    log_served(**(SERVED | {name: value}))
    line = _line(stream)
    assert line["event"] == "log.withheld"
    assert name not in line
    assert NAME not in stream.getvalue()
    assert NUMBER not in stream.getvalue()


def test_a_request_is_served_though_its_line_cannot_be_written() -> None:
    configure_logging(lost := io.StringIO())
    lost.close()
    log_served(**SERVED)
    configure_logging(kept := io.StringIO())
    log_served(**SERVED)
    assert len(kept.getvalue().splitlines()) == 1


def test_no_line_of_a_request_is_written_where_only_worse_is_asked_for() -> None:
    configure_logging(written := io.StringIO(), level=logging.WARNING)
    log_served(**SERVED)
    assert written.getvalue() == ""
