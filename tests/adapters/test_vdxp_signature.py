"""The signature of the national exchange platform, against the vectors of three real clients."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.profile import load_profile
from adapters.vdxp_soap.adapter import VDXP_SOAP
from adapters.vdxp_soap.signature import Signature, basic_over_sha256
from tests.adapters.stand_in import settings_of

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "samples" / "basic-sha256-auth-vectors.json").read_text(encoding="utf-8")
)
PATH = "/TraCuuThongTinCongDan"


class Clock:
    """The moment of the vectors."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(1759200000, UTC)

    def monotonic(self) -> float:
        return 0.0


def headers(**changes: Any) -> dict[str, str]:
    values = {"signed_address": VECTORS["serviceUrl"], "road_client": "", "api_key": ""}
    settings = settings_of("vdxp-soap", "https://vdxp.example.invalid/dancu/", **values | changes)
    return Signature(settings, load_profile(VDXP_SOAP.profiles, settings), Clock()).headers(PATH)


@pytest.mark.parametrize("unit", ["milliseconds", "seconds"])
def test_the_vectors_hold(unit: str) -> None:
    signed = headers(timestamp_unit=unit)

    assert signed["Timestamp"] == VECTORS[unit]["timestamp"]
    assert signed["Authorization"] == VECTORS[unit]["authorization"]


def test_the_optional_headers_are_left_out_where_they_are_not_set() -> None:
    assert headers().keys() == {"Accept", "Content-Type", "SOAPAction", "Timestamp", "Authorization"}


def test_the_headers_are_those_of_the_courts_software() -> None:
    sent = headers(road_client="VN/GOV/TEST/DANCU", api_key="KEY-TEST")

    assert sent["SOAPAction"] == '""'
    assert sent["Content-Type"] == "application/xml; charset=utf-8"
    assert (sent["X-Road-Client"], sent["ApiKey"]) == ("VN/GOV/TEST/DANCU", "KEY-TEST")


def _signed_over(address: str) -> str:
    return basic_over_sha256(address, "TEST_USER", "1759200000000", "test-secret")


def test_by_default_the_address_asked_is_signed() -> None:
    whole = f"https://vdxp.example.invalid/dancu{PATH}"

    assert headers(signed_address=None)["Authorization"] == _signed_over(whole)


def test_what_is_signed_may_be_the_path_under_another_name() -> None:
    assert headers(signed_address="/noi-bo{path}")["Authorization"] == _signed_over(f"/noi-bo{PATH}")
