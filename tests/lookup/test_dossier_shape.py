"""How provinces declare their dossier codes: what the parts mean, and which declarations are refused."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.settings import read_settings
from app.errors import ConfigurationError, InvalidRequestError
from app.lookup.dossier import parse_dossier_code
from app.lookup.dossier_shape import DossierParts, ShapeError, dossier_shapes
from app.serving_settings import read_dossier_shapes

TODAY = date(2026, 11, 22)
DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("shape", "code", "agency", "number"),
    [
        ("{agency}-{yymmdd}-{number:4-6}", "H19.12-260301-00012", "H19.12", "00012"),
        ("{agency}-{yymmdd}-{number:4-6}", "000.12.34.H19-260301-0001", "000.12.34.H19", "0001"),
        ("{agency:old}-{yymmdd}-{number:4}", "000.12.34.H19-260301-0001", "000.12.34.H19", "0001"),
        ("{agency:new}/{yyyymmdd}/{number:1-9}", "H19/20260301/7", "H19", "7"),
        ("HS.{agency}-{ddmmyy}{number:3}", "HS.H19-010326123", "H19", "123"),
        ("{number:5}_{ddmmyyyy}_{agency}", "00001_01032026_H19.A", "H19.A", "00001"),
        ("{yymmdd}{number:4-6}-{agency}", "260301123456-H19", "H19", "123456"),
    ],
)
def test_parts_are_read_as_declared(shape: str, code: str, agency: str, number: str) -> None:
    (declared,) = dossier_shapes(shape)
    assert declared.read(code) == DossierParts(agency, DAY, number)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ("{agency:old}-{yymmdd}-{number:4}", "H19.12-260301-0001"),
        ("{agency:new}-{yymmdd}-{number:4}", "000.12.34.H19-260301-0001"),
        ("{agency}-{yymmdd}-{number:4}", "H19-260301-00001"),
        ("{agency}-{yymmdd}-{number:4-6}", "H19-260230-0001"),
        ("{agency}-{ddmmyy}-{number:4-6}", "H19-261313-0001"),
        ("{agency}-{yyyymmdd}-{number:4-6}", "H19-00260301-0001"),
        ("{agency}-{yyyymmdd}-{number:4-6}", "H19-00000301-0001"),
        ("{agency}.{yymmdd}-{number:4-6}".replace("}.", "}-."), "H19-x260301-0001"),
        ("{agency}-{yymmdd}-{number:4-6}", "H19-260301-0001\n"),
        ("{agency}-{yymmdd}-{number:4-6}", f"H19.{'9' * 32}-260301-0001"),
    ],
)
def test_what_is_not_as_declared_is_refused(shape: str, code: str) -> None:
    with pytest.raises(InvalidRequestError):
        parse_dossier_code(code, TODAY, shapes=dossier_shapes(shape))


def test_a_province_may_declare_several_shapes() -> None:
    shapes = dossier_shapes("{agency:old}-{yymmdd}-{number:4} {agency:new}-{yymmdd}-{number:6}")
    for code in ("000.12.34.H19-260301-0001", "H19.34.12-260301-000001"):
        assert parse_dossier_code(code, TODAY, shapes=shapes).text == code
    with pytest.raises(InvalidRequestError):
        parse_dossier_code("H19.34.12-260301-0001", TODAY, shapes=shapes)


REFUSED = [
    "",
    "{agency}",
    "{agency}-{yymmdd}",
    "{yymmdd}-{number:4}",
    "{agency}-{yymmdd}-{ddmmyy}-{number:4}",
    "{agency}-{agency}-{yymmdd}-{number:4}",
    "{agency}-{yymmdd}-{number:4}-{number:4}",
    "{agency}-{yymmdd}-{number}",
    "{agency}-{yymmdd}-{number:6-4}",
    "{agency}-{yymmdd}-{number:0}",
    "{agency}-{yymmdd}-{number:10}",
    "{agency}-{yymmdd}-{number:old}",
    "{agency:4}-{yymmdd}-{number:4}",
    "{agency:all}-{yymmdd}-{number:4}",
    "{agency}-{yymmdd:4}-{number:4}",
    "{agency}-{mmddyy}-{number:4}",
    "{agency}{yymmdd}-{number:4}",
    "{agency}.{yymmdd}-{number:4}",
    "{agency}X{yymmdd}-{number:4}",
    "{yymmdd}-{number:4}{agency}",
    "({agency})-{yymmdd}-{number:4}",
    "{agency}-{yymmdd}-{number:4}(a+)+",
    "{agency}-{yymmdd}-{number:4",
    "{agency}-{yymmdd}-{number:4}" + "-" * 80,
    " ".join(["{agency}-{yymmdd}-{number:4}"] * 5),
]


@pytest.mark.parametrize("declared", REFUSED)
def test_what_is_no_shape_is_refused(declared: str) -> None:
    with pytest.raises(ShapeError):
        dossier_shapes(declared)


def test_a_wrong_shape_stops_the_start_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_DOSSIER_SHAPE", "{agency}")
    settings, _ = read_settings()
    with pytest.raises(ConfigurationError, match="DANCU_DOSSIER_SHAPE") as caught:
        read_dossier_shapes(settings)
    assert caught.value.__cause__ is None


def test_the_usual_shape_is_the_settings_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DANCU_DOSSIER_SHAPE", raising=False)
    settings, _ = read_settings()
    assert settings.dossier_shape == "{agency}-{yymmdd}-{number:4-6}"


_PIECES = ["{agency}", "{agency:old}", "{yymmdd}", "{ddmmyyyy}", "{number:1-9}", "-", "/", "HS", ".9", "("]


@given(st.lists(st.sampled_from(_PIECES), max_size=9).map("".join), st.text(max_size=500))
def test_no_declaration_and_no_code_does_anything_else(declared: str, code: str) -> None:
    try:
        shapes = dossier_shapes(declared)
    except ShapeError:
        return
    for each in (code, "H19" + ".0" * 200 + "-", "1" * 500):
        began = time.perf_counter()
        shapes[0].read(each)
        assert time.perf_counter() - began < 1
