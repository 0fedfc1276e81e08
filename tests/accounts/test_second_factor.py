import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from lxml import etree

from app.accounts.second_factor import (
    matching_step,
    new_recovery_codes,
    new_secret,
    provisioning_uri,
    qr_svg,
    recovery_code_digest,
)

SECRET = base64.b32encode(b"12345678901234567890").decode()
KEY = b"k" * 32
NEVER_USED = 0

# RFC 6238 appendix B, SHA-1: eight digits there, and the last six of them here (RFC 4226 section 5.3).
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
T = 1111111111
STEP = T // 30
CODE = "050471"


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert matching_step(SECRET, code[-6:], at(seconds), NEVER_USED) == seconds // 30


def test_eight_digits_are_no_code() -> None:
    assert matching_step(SECRET, "14050471", at(T), NEVER_USED) is None


def test_a_wrong_code_matches_no_step() -> None:
    assert matching_step(SECRET, "050472", at(T), NEVER_USED) is None


def test_another_secrets_code_matches_no_step() -> None:
    assert matching_step(new_secret(), CODE, at(T), STEP - 1) is None


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_clock_may_be_one_step_off(drift: int) -> None:
    assert matching_step(SECRET, CODE, at((STEP + drift) * 30), NEVER_USED) == STEP
    assert matching_step(SECRET, CODE, at((STEP + drift) * 30 + 29.999), NEVER_USED) == STEP


def test_a_clock_may_not_be_two_steps_off() -> None:
    assert matching_step(SECRET, CODE, at((STEP + 2) * 30), NEVER_USED) is None
    assert matching_step(SECRET, CODE, at((STEP - 1) * 30 - 0.001), NEVER_USED) is None


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_code_works_once(drift: int) -> None:
    now = at((STEP + drift) * 30)
    assert matching_step(SECRET, CODE, now, STEP - 1) == STEP
    assert matching_step(SECRET, CODE, now, STEP) is None
    assert matching_step(SECRET, CODE, now, STEP + 1) is None


def test_a_code_that_two_steps_share_uses_up_the_later_one() -> None:
    secret, step, code = _secret_with_equal_neighbours()
    assert matching_step(secret, code, at(step * 30), NEVER_USED) == step + 1


def _secret_with_equal_neighbours() -> tuple[str, int, str]:
    # Found by trying: under this key steps 910737 and 910738 have one code.
    step = 910737
    first, second = _code(step), _code(step + 1)
    assert first == second
    return SECRET, step, first


def _code(step: int) -> str:
    digest = hmac.digest(b"12345678901234567890", step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


@pytest.mark.parametrize("code", ["050 471", " 050471 ", "05 04 71", "050\u00a0471", "050471\n"])
def test_spaces_in_a_code_do_not_matter(code: str) -> None:
    assert matching_step(SECRET, code, at(T), NEVER_USED) == STEP


@pytest.mark.parametrize(
    "code",
    [
        "",
        "05047",
        "0504711",
        "50471",
        "05047a",
        "٠٥٠٤٧١",
        "０５０４７１",
        "²50471",
        "-50471",
        "050-471",
        "đ50471",
    ],
)
def test_anything_but_six_ascii_digits_is_no_code(code: str) -> None:
    assert matching_step(SECRET, code, at(T), NEVER_USED) is None


def test_a_secret_has_160_random_bits() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(base64.b32decode(secret)) == 20 for secret in secrets)


def test_the_app_learns_issuer_login_name_and_secret() -> None:
    uri = urlsplit(provisioning_uri(SECRET, "tran.thu@xa-mau", "Cổng tra cứu cư trú"))
    query = parse_qs(uri.query)
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Cổng tra cứu cư trú:tran.thu@xa-mau"
    assert query["secret"] == [SECRET]
    assert query["issuer"] == ["Cổng tra cứu cư trú"]
    # What is not named is what every app assumes: SHA-1, six digits, thirty seconds.
    assert set(query) <= {"secret", "issuer"}


def test_a_qr_code_is_one_svg_element_that_fits_a_page() -> None:
    uri = provisioning_uri(SECRET, "tran.thu", "Cổng tra cứu")
    svg = qr_svg(uri)
    root = etree.fromstring(svg, etree.XMLParser(resolve_entities=False))
    assert root.tag == "svg"
    modules = (int(root.get("width", "0")) - 2 * 4 * 4) // 4
    assert (modules - 17) % 4 == 0
    assert modules >= 21
    assert "otpauth" not in svg
    assert SECRET not in svg


def test_a_qr_code_is_dark_on_white_with_a_quiet_zone() -> None:
    root = etree.fromstring(qr_svg("otpauth://totp/x"), etree.XMLParser(resolve_entities=False))
    background, modules = root.iter("path")
    size = int(root.get("width", "0")) // 4
    assert background.get("fill") == "#fff"
    assert background.get("d", "").startswith(f"M0 0h{size}v{size}")
    assert modules.get("stroke") == "#000"
    assert modules.get("d", "").startswith("M4 4.5h7")  # the finder pattern, four modules from the edge


def test_a_qr_code_can_be_read_with_a_seventh_of_it_hidden() -> None:
    # Sixteen bytes fit the smallest code at level L, and the next one at level M.
    root = etree.fromstring(qr_svg("otpauth://totp/x"), etree.XMLParser(resolve_entities=False))
    assert root.get("width") == str((25 + 8) * 4)


def test_different_addresses_have_different_drawings() -> None:
    assert qr_svg("otpauth://totp/a") != qr_svg("otpauth://totp/b")


def test_a_short_address_becomes_no_micro_qr_code_which_apps_cannot_read() -> None:
    root = etree.fromstring(qr_svg("1"), etree.XMLParser(resolve_entities=False))
    assert root.get("width") == str((21 + 8) * 4)


def test_ten_recovery_codes_are_two_groups_of_five_unmistakable_characters() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(re.fullmatch("[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}", code) for code in codes)
    assert len(new_recovery_codes(3)) == 3


def test_a_recovery_codes_every_character_is_one_of_thirty_two() -> None:
    letters = {letter for code in new_recovery_codes(500) for letter in code if letter != "-"}
    assert len(letters) == 32


@pytest.mark.parametrize(
    "typed", ["7k2mq-x09fd", "7K2MQ-X09FD", "7k2mqx09fd", " 7k2mq x09fd ", "7k2mq–x09fd"]
)
def test_a_recovery_code_may_be_typed_in_any_way(typed: str) -> None:
    assert recovery_code_digest(typed, KEY) == recovery_code_digest("7k2mq-x09fd", KEY)


@pytest.mark.parametrize(("typed", "meant"), [("o", "0"), ("O", "0"), ("i", "1"), ("I", "1"), ("l", "1")])
def test_letters_are_read_as_the_digits_they_look_like(typed: str, meant: str) -> None:
    assert recovery_code_digest(f"7k2mq-x{typed}9fd", KEY) == recovery_code_digest(f"7k2mq-x{meant}9fd", KEY)


def test_the_digest_is_hmac_sha_256_of_the_bare_code() -> None:
    assert recovery_code_digest("7K2MQ-X09FD", KEY) == hmac.digest(KEY, b"7k2mqx09fd", hashlib.sha256)


def test_another_code_or_key_has_another_digest() -> None:
    digest = recovery_code_digest("7k2mq-x09fd", KEY)
    assert recovery_code_digest("7k2mq-x09fe", KEY) != digest
    assert recovery_code_digest("7k2mq-x09fd", b"x" * 32) != digest


def test_a_code_is_still_good_after_it_was_missed_by_half_a_minute() -> None:
    assert matching_step(SECRET, CODE, at(T) + timedelta(seconds=30), NEVER_USED) == STEP
