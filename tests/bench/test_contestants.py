"""What contestants ask and how their answers are judged, without starting any of them."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from bench import old_software, verification
from bench.failure import BenchError
from bench.instructions import counted
from bench.national_side import Exchange, mock_configuration
from bench.old_software import OldSoftware

SAMPLES = Path(__file__).parents[1] / "mock_c06" / "samples" / "requests"
SAMPLE = (SAMPLES / "hg-soap-TraCuuThongTinCongDan-037.xml").read_bytes()


def test_a_verification_asks_about_another_citizen_each_time() -> None:
    number = json.loads(verification.question())["citizen"]["id_number"]
    assert re.fullmatch("099190#{6}", number)


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "not_found"},
        {"claims": [{"verdict": "true"}, {"verdict": "unknown"}]},
        {"claims": [{"verdict": "true"}]},
        {"citizen": {}},
        {"message": "Trần Văn Thử"},
    ],
    ids=["nobody", "a claim is unknown", "a claim is missing", "a citizen", "a name"],
)
def test_a_verification_counts_only_where_it_says_yes_and_nothing_more(changes: dict[str, Any]) -> None:
    right = {"outcome": "found", "claims": [{"verdict": "true"}, {"verdict": "true"}]}
    verification.check(httpx.Response(200, json=right))
    with pytest.raises(BenchError):
        verification.check(httpx.Response(200, json=right | changes))


def test_old_software_never_repeats_a_request_id() -> None:
    software = OldSoftware("http://127.0.0.1:1", "proof", ("key",), SAMPLE)
    ids = [etree.fromstring(software.question()).findtext(".//{*}MaYeuCau") or "" for _ in range(2)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[0-9a-f]+#{12}", one) for one in ids)


@pytest.mark.parametrize(
    ("outcome", "number", "name"),
    [
        ("not_found", "099190000017", "TRẦN VĂN THỬ"),
        ("found", "099190000018", "TRẦN VĂN THỬ"),
        ("found", "099190000017", ""),
    ],
    ids=["nobody", "somebody else", "no name"],
)
def test_an_old_call_counts_only_where_it_found_the_person(outcome: str, number: str, name: str) -> None:
    old_software.check(an_answer("found", "099190000017", "TRẦN VĂN THỬ"))
    with pytest.raises(BenchError):
        old_software.check(an_answer(outcome, number, name))


def an_answer(outcome: str, number: str, name: str) -> httpx.Response:
    record = (
        '<a xmlns:n="http://www.mic.gov.vn/dancu/1.0"><n:CongDan>'
        f"<n:SoDinhDanh>{number}</n:SoDinhDanh><n:HoVaTen><n:Ten>{name}</n:Ten></n:HoVaTen></n:CongDan></a>"
    )
    return httpx.Response(200, content=record.encode(), headers={"X-Outcome": outcome})


def test_the_national_side_names_whom_it_was_asked_for(tmp_path: Path) -> None:
    answer = f"<a>{'x' * 2500}<id>099190000017</id><id>099190000017</id></a>"
    written = mock_configuration(1, Exchange(b"", answer.encode(), "text/xml"), tmp_path / "mock")
    parts = dict(re.findall(r'set (\$part\d+) "([^"]*)";', written))
    (said,) = re.findall(r"return 200 ([^;]*\$asked[^;]*);", written)
    whole = re.sub(r"\$\w+", lambda found: parts.get(found[0], "099190000017"), said)
    assert (whole, max(map(len, parts.values()))) == (answer, 1000)


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("5038,,instructions:u,100,100.00,,\n", 5038.0),
        ("\n7,,instructions,100,100.00,0.94,insn per cycle\n", 7.0),
        ("<not supported>,,instructions,0,100.00,,\n", None),
        ("", None),
    ],
    ids=["user", "all", "not supported", "nothing"],
)
def test_instructions_are_counted_or_not_told(said: str, count: float | None) -> None:
    assert counted(said) == count
