"""Some seconds of fuzzing in every run of the tests; that the loop notices harm; that memory is bounded."""

import random
from pathlib import Path

import pytest

from adapters.connection import Answer
from adapters.reasons import Reason
from adapters.soap.envelope import open_envelope
from adapters.soap.read import read_citizen
from app.errors import SourceError
from tests.adapters.bad_server import NAMES
from tests.fuzz.loop import Summary, Target, fuzz
from tests.fuzz.mutating import spoil_bytes
from tests.fuzz.parsers import main, targets
from tests.fuzz.telling import tell

ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<c:CongdanCollection xmlns:c="http://www.mic.gov.vn/dancu/1.0">{}</c:CongdanCollection>'
    "</e:Body></e:Envelope>"
)


def harmless(_: bytes) -> None:
    """Take anything."""


def harmful(content: bytes) -> None:
    if content != b"seed":
        raise KeyError("a value")


def busy(content: bytes) -> None:
    if content != b"seed":
        sum(range(1_000_000))


def test_no_parser_crashes_hangs_or_speaks_of_what_it_read() -> None:
    summary = fuzz(targets(), seed=random.SystemRandom().randrange(10**9), inputs=6_000)

    assert summary.findings == [], summary.line
    assert summary.inputs == 6_000


def test_the_same_seed_is_the_same_inputs() -> None:
    tried: list[list[bytes]] = [[], []]
    for seen in tried:
        fuzz([Target("t", [b"seed"], spoil_bytes, seen.append)], seed=7, inputs=50)

    assert tried[0] == tried[1]
    assert len(set(tried[0])) > 25


def test_whatever_is_raised_is_found_and_its_input_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = fuzz([Target("t", [b"seed"], spoil_bytes, harmful)], seed=1, inputs=10)
    code = tell(summary, tmp_path)
    kept = {file.read_bytes() for file in tmp_path.iterdir()}

    assert code == 1
    assert kept == {finding.content for finding in summary.findings}
    assert "KeyError" in capsys.readouterr().out


def test_what_takes_longer_than_a_second_of_the_processor_is_found() -> None:
    target = Target("t", [b"seed"], lambda _, __: b"x", busy)
    summary = fuzz([target], seed=1, inputs=2, slow_seconds=0.005)

    assert [finding.harm.endswith("of processor time") for finding in summary.findings] == [True]


@pytest.mark.parametrize(
    ("summary", "is_clean"),
    [
        (Summary(1), True),
        (Summary(1, growth_mib=65.0), False),
        (Summary(1, peak_mib=513.0), False),
    ],
)
def test_memory_that_grows_is_no_clean_run(summary: Summary, *, is_clean: bool) -> None:
    assert summary.is_clean is is_clean


def test_a_run_says_itself_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--minutes", "0.001", "--seed", "3"]) == 0
    assert capsys.readouterr().out.startswith("seed 3: ")


def reason_of(body: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        open_envelope(Answer(200, "text/xml", body))
    return caught.value.reason


@pytest.mark.parametrize(
    "body",
    [
        NAMES,
        b"<a " + b" ".join(b'n%d=">"' % number for number in range(20_000)) + b"/>",
        b"<a>" + b"".join(b"<x xmlns:n%d='u'/>" % number for number in range(20_000)) + b"</a>",
    ],
    ids=["elements", "attributes", "prefixes"],
)
def test_names_without_end_are_refused_before_lxml_learns_them(body: bytes) -> None:
    assert reason_of(body) == Reason.UNKNOWN_ANSWER


def test_a_long_answer_with_the_usual_names_is_read() -> None:
    person = "<c:CongDan><c:SoDinhDanh>099190000017</c:SoDinhDanh><c:HoVaTen>A > B {}</c:HoVaTen></c:CongDan>"
    content = ENVELOPE.format(person.format("Ầ " * 100_000))
    citizen = read_citizen(Answer(200, "text/xml", content.encode()))

    assert citizen is not None
    assert citizen.id_number == "099190000017"
