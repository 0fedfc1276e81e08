"""Addresses that tokens, papers and slips carry: what is one, and what leads nowhere from elsewhere."""

import pytest
from pydantic import ValidationError

from app.cli.told_addresses import told_address_findings
from app.settings import Settings
from app.web_addresses import checked_web_address, is_loopback


@pytest.mark.parametrize(
    "text",
    [
        "https://tracuu.example.gov.vn",
        "https://tracuu.example.gov.vn/cong/",
        "http://127.0.0.1:8080",
        "http://[::1]:8080/x",
        "HTTPS://tracuu.example.gov.vn",
    ],
)
def test_a_web_address_stays_as_it_is_written(text: str) -> None:
    assert checked_web_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "foo",
        "//tracuu.example.gov.vn",
        "ftp://tracuu.example.gov.vn",
        "https://",
        "https:///x",
        "https://:443",
        "https://a.example?x=1",
        "https://a.example?",
        "https://a.example#",
        "https://a.example/x#y",
        "https://ai:matkhau@a.example",
        "https://a.example:0",
        "https://a.example:x",
        "https://a.example:99999",
        "https://[::1",
        "https://a.example/x y",
        "https://a.example/\n",
        " https://a.example",
        "https://tra-cứu.example",
        "https:\\\\a.example",
    ],
)
def test_what_is_no_web_address_is_refused_in_words_that_do_not_repeat_it(text: str) -> None:
    with pytest.raises(ValueError, match="a web address is needed") as refused:
        checked_web_address(text)
    assert "matkhau" not in str(refused.value)


def test_a_gateway_has_an_address_and_slips_need_none_of_their_own() -> None:
    assert Settings(activation_url=" ").activation_url == ""
    with pytest.raises(ValidationError):
        Settings(public_url="")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://127.9.0.1", True),
        ("http://[::1]/", True),
        ("http://LOCALHOST", True),
        ("http://a.localhost", True),
        ("http://10.0.0.1", False),
        ("https://localhost.example", False),
    ],
)
def test_what_leads_nowhere_from_another_machine(address: str, says: bool) -> None:  # noqa: FBT001 - a column
    assert is_loopback(address) is says


def test_each_address_that_leads_nowhere_is_noted() -> None:
    away, here = "https://tracuu.example.gov.vn", "http://localhost:8080"
    assert told_address_findings(Settings(public_url=away)) == []
    assert told_address_findings(Settings(public_url=away, activation_url=away)) == []
    ((is_good, text),) = told_address_findings(Settings(public_url=here))
    assert (is_good, "DANCU_PUBLIC_URL" in text) == (None, True)
    ((is_good, text),) = told_address_findings(Settings(public_url=away, activation_url=here))
    assert (is_good, "DANCU_ACTIVATION_URL" in text) == (None, True)
