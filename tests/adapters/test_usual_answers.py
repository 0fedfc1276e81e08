"""Which answers are read at a glance, and that the same is read out of them as by lxml."""

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from adapters.connection import Answer
from adapters.soap import usual
from adapters.soap.citizen import reading_of
from adapters.soap.read import read_citizen
from adapters.soap.usual import usual_texts
from app.errors import SourceConfusedError, SourceError
from app.lookup.values import Citizen
from mock_c06.answers import render_household, render_records
from mock_c06.personas import PERSONAS
from mock_c06.population import citizen_for
from tests.fuzz.mutating import spoil_bytes, spoil_xml
from tests.fuzz.usual_answers import check_usual, lay_out, spoil_layout

Sample = Callable[[str], bytes]
AnswerBuilder = Callable[..., Answer]

FULL = "037-soap-found-full.xml"
PATHS = reading_of(None).paths
DECLARED = '<?xml version="1.0" encoding="UTF-8"?>'
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
DANCU = "http://www.mic.gov.vn/dancu/1.0"
QLDC = "http://dancuquocgia.bca"
NAME_AND_NUMBER = "<n:SoDinhDanh>1</n:SoDinhDanh><n:HoVaTen>A</n:HoVaTen>"


def laid_out(
    fields: str = NAME_AND_NUMBER, *, soap: str = "s", again: str = "", header: str = "", attributes: str = ""
) -> str:
    """Return an answer with one record; *fields* are written with the prefix n."""
    return (
        f'<{soap}:Envelope xmlns:{soap}="{SOAP}"><{soap}:Header{header}/><{soap}:Body{again}>'
        f'<n:CongdanCollection xmlns:n="{DANCU}"{attributes}><n:CongDan>{fields}</n:CongDan>'
        f"</n:CongdanCollection></{soap}:Body></{soap}:Envelope>"
    )


def is_usual(body: bytes | str) -> bool:
    """Whether *body* is recognised; what is, was read the same way by lxml."""
    return check_usual(body.encode() if isinstance(body, str) else body)


def outcome(answer: Answer) -> Citizen | str | None:
    try:
        return read_citizen(answer)
    except SourceError as error:
        return error.reason


def test_the_sample_is_usual(sample: Sample) -> None:
    body = sample(FULL)

    assert is_usual(body)
    assert is_usual(re.sub(rb"\n *", b"", body))
    assert is_usual(re.sub(rb"^<.*\?>\n", b"", body))
    assert is_usual(body.replace(b"ns1", b"q-7").replace(b"soapenv", b"S"))


@pytest.mark.parametrize("citizen_id", [*PERSONAS, "099095012345"])
def test_what_the_stand_in_writes_is_usual(citizen_id: str) -> None:
    citizen = citizen_for(citizen_id)

    # A "&" has to be written as an entity, which is lxml's to read.
    assert is_usual(render_records([citizen], "qldc")) is ("&" not in citizen.full_name)


def test_a_record_may_lack_any_field_or_have_it_empty(sample: Sample) -> None:
    lines = sample(FULL).decode().split("\n")
    fields = [number for number, line in enumerate(lines) if re.search(r"<ns1:\w+>.*</|<ns1:\w+/>", line)]
    emptied = [re.sub(r">.*</ns1:\w+>", "/>", line) for line in lines]

    assert len(fields) > 40
    for number in fields:
        assert is_usual("\n".join(lines[:number] + lines[number + 1 :]))
        assert is_usual("\n".join([*lines[:number], emptied[number], *lines[number + 1 :]]))


def test_no_field_stands_twice_or_elsewhere(sample: Sample) -> None:
    body = re.sub(rb"\n *", b"", sample(FULL))

    for name in usual._RECORD:
        again = f"<ns1:{name}/>".encode()
        assert usual_texts(body.replace(b"<ns1:CongDan>", b"<ns1:CongDan>" + again), PATHS) is None
        assert usual_texts(body.replace(b"</ns1:CongDan>", again + b"</ns1:CongDan>"), PATHS) is None


@pytest.mark.parametrize(
    "text",
    [
        laid_out(),
        laid_out(""),
        laid_out(again=f' xmlns:qldc="{QLDC}"', header=f' xmlns:dan="{QLDC}"'),
        laid_out(again=f' xmlns:n="{QLDC}"', header=f' xmlns:n="{QLDC}"'),
        laid_out(soap="x" * 31),
        laid_out("<n:HoVaTen><n:Ho>A</n:Ho></n:HoVaTen><n:Me><n:HoVaTen><n:Ten>B</n:Ten></n:HoVaTen></n:Me>"),
        laid_out("<n:HoVaTen> \tA\n </n:HoVaTen><n:ThuongTru>\n   </n:ThuongTru><n:Cha/>"),
        laid_out("<n:HoVaTen>A]] \"B\" 'C' /\x7f\x85\u2028\ud7ff</n:HoVaTen>"),
    ],
    ids=[
        "undeclared",
        "an empty record",
        "the question's namespace",
        "the record's prefix declared before",
        "the longest prefix",
        "names in parts",
        "blanks",
        "all that a text may hold",
    ],
)
def test_usual_answers_are_read_as_lxml_reads_them(text: str) -> None:
    assert is_usual(text)


@pytest.mark.parametrize(
    "text",
    [
        laid_out(again=f' xmlns:s="{QLDC}"'),
        laid_out(header=f' xmlns:s="{QLDC}"'),
        laid_out(again=f' xmlns:xml="{QLDC}"'),
        laid_out(again=f' xmlns:xmlns="{QLDC}"'),
        laid_out(again=f' xmlns="{QLDC}"'),
        laid_out(again=' xmlns:qldc="urn:x"'),
        laid_out(again=f' xmlns:a="{QLDC}" xmlns:a="{QLDC}"'),
        laid_out(again=f' xmlns:a="{QLDC}" xmlns:b="{QLDC}"'),
        laid_out(attributes=f' xmlns:s="{QLDC}"'),
        laid_out(attributes=' SoCongDan="1"'),
        laid_out(attributes=' SoCongDan="2"'),
        laid_out(soap="n"),
        laid_out(soap="xmls"),
        laid_out(soap="XML"),
        laid_out(soap="x" * 32),
        laid_out(soap="1s"),
        laid_out(soap="s:s"),
        laid_out(soap="ŝ"),
        laid_out().replace(SOAP, SOAP + "#"),
        laid_out().replace(DANCU, QLDC),
        laid_out().replace("</n:CongDan>", "</m:CongDan>"),
        laid_out().replace("</s:Body>", "</n:Body>"),
    ],
    ids=[
        "body in no SOAP",
        "header in no SOAP",
        "xml declared",
        "xmlns declared",
        "a default namespace",
        "another namespace",
        "declared twice",
        "two declarations",
        "SOAP's prefix in the record",
        "a true count",
        "a wrong count",
        "one prefix for both",
        "xmls",
        "XML",
        "too long",
        "a digit first",
        "two colons",
        "not ASCII",
        "another envelope",
        "another collection",
        "another end",
        "an end of the other prefix",
    ],
)
def test_no_prefix_or_declaration_deceives(text: str) -> None:
    assert usual_texts(text.encode(), PATHS) is None


@pytest.mark.parametrize(
    "text",
    [
        *("&", "&amp;", "&#65;", "<", ">", "]]>", "<![CDATA[B]]>", "<!-- B -->", "<?b?>", "<b/>"),
        *("\r", "\0", "\x0b", "\x1f", "\ue000", "\ufeff", "\ufffe", "\uffff", "\U0001f600"),
    ],
    ids=ascii,
)
def test_a_text_means_nothing_to_xml_and_holds_what_xml_allows(text: str) -> None:
    plain = laid_out("<n:HoVaTen>A</n:HoVaTen>")

    assert is_usual(plain)
    assert usual_texts(plain.replace("A", f"A{text}A").encode(), PATHS) is None


@pytest.mark.parametrize(
    "body",
    [
        laid_out(NAME_AND_NUMBER * 2).encode(),
        laid_out("<n:HoVaTen>A</n:HoVaTen><n:SoDinhDanh>1</n:SoDinhDanh>").encode(),
        laid_out("<n:HoVaTen>A<n:Ten>B</n:Ten></n:HoVaTen>").encode(),
        laid_out("<n:TrangThai>1</n:TrangThai>").encode(),
        laid_out("<SoDinhDanh>1</SoDinhDanh>").encode(),
        laid_out('<n:SoDinhDanh nil="true"/>').encode(),
        laid_out("<n:SoDinhDanh />").encode(),
        laid_out("x").encode(),
        laid_out("\xa0").encode(),
        laid_out("</n:CongDan><n:CongDan>").encode(),
        laid_out().replace("<n:CongDan>", "").replace("</n:CongDan>", "").encode(),
        (laid_out() + laid_out()).encode(),
        (laid_out() + "x").encode(),
        (" " + DECLARED + laid_out()).encode(),
        (DECLARED * 2 + laid_out()).encode(),
        (DECLARED.replace("1.0", "1.1") + laid_out()).encode(),
        (DECLARED.replace("UTF-8", "UTF-16") + laid_out()).encode(),
        (DECLARED + "<!DOCTYPE x>" + laid_out()).encode(),
        laid_out().encode("utf-8-sig"),
        laid_out().encode("utf-16"),
        laid_out().encode().replace(b">A<", b">\xff<"),
        laid_out().encode().replace(b">A<", b">\xed\xa0\x80<"),
        laid_out().encode().replace(b">A<", b">\xc0\xbc<"),
        b"",
    ],
    ids=[
        "doubled",
        "another order",
        "text and parts",
        "an unknown field",
        "a field of no namespace",
        "an attribute",
        "a blank in a tag",
        "text among the fields",
        "a space that is none to XML",
        "two records",
        "no record",
        "two documents",
        "more behind",
        "a blank first",
        "declared twice",
        "XML 1.1",
        "declared UTF-16",
        "a DOCTYPE",
        "a byte order mark",
        "UTF-16",
        "no UTF-8",
        "half a surrogate pair",
        "an overlong <",
        "nothing",
    ],
)
def test_whatever_is_not_usual_is_left_to_lxml(body: bytes) -> None:
    assert usual_texts(body, PATHS) is None


def test_a_household_is_not_usual() -> None:
    assert usual_texts(render_household([citizen_for("099190000017")], "qldc"), PATHS) is None


def test_only_what_needs_no_look_for_names_without_end_is_looked_at(sample: Sample) -> None:
    body = sample(FULL)
    room = 16 * 1024 - len(body)

    assert is_usual(body.replace("TRẦN".encode(), b"A" * room + "TRẦN".encode(), 1))
    assert usual_texts(body.replace("TRẦN".encode(), b"A" * (room + 1) + "TRẦN".encode(), 1), PATHS) is None


@pytest.mark.parametrize("status", [204, 400, 500, 503])
def test_under_another_status_no_record_is_read(
    sample: Sample, an_answer: AnswerBuilder, status: int
) -> None:
    with pytest.raises(SourceError):
        read_citizen(an_answer(sample(FULL), status))


def test_a_usual_record_is_judged_as_any_other(an_answer: AnswerBuilder) -> None:
    day = "<n:NgayThangNamSinh><n:NgayThangNam>19900230</n:NgayThangNam></n:NgayThangNamSinh>"
    text = laid_out(NAME_AND_NUMBER + day)

    assert is_usual(text)
    with pytest.raises(SourceConfusedError, match="upstream_confused"):
        read_citizen(an_answer(text))
    assert outcome(an_answer(text)) == outcome(an_answer(text + "<!-- for lxml -->"))


def test_no_repetition_in_the_pattern_gives_anything_back_or_repeats_more_than_a_character() -> None:
    characters = re.sub(r"\\.|\[[^]]*\]", "c", usual._USUAL.pattern)
    rest = re.sub(r"[^()|](?:[*?]|\{\d+,\d+\})\+", "", characters)

    assert len(rest) < len(characters) - 400
    assert not re.search(r"[*+{]|(?<!\()\?", rest)


def test_no_two_elements_that_could_follow_one_another_have_one_name() -> None:
    for parts in (tuple(usual._RECORD), *usual._RECORD.values(), usual._NAME):
        assert len(set(parts)) == len(parts)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(seed=st.integers(0, 2**32), way=st.sampled_from(["laid out", "spoilt", "bytes", "tree"]))
@example(seed=0, way="laid out")
def test_both_ways_read_the_same_or_the_usual_declines(
    an_answer: AnswerBuilder, sample: Sample, seed: int, way: str
) -> None:
    chance = random.Random(seed)  # noqa: S311 - inputs of a test
    ways = {
        "laid out": lambda: lay_out(chance),
        "spoilt": lambda: spoil_layout(chance, sample(FULL)),
        "bytes": lambda: spoil_bytes(chance, lay_out(chance)),
        "tree": lambda: spoil_xml(chance, lay_out(chance)),
    }
    body = ways[way]()

    if check_usual(body):
        # A comment behind it leaves it to lxml, and means nothing.
        assert outcome(an_answer(body)) == outcome(an_answer(body + b"<!-- -->"))


def test_most_that_is_laid_out_as_usual_is_recognised() -> None:
    chance = random.Random(1)  # noqa: S311 - inputs of a test

    assert sum(check_usual(lay_out(chance)) for _ in range(100)) > 50
