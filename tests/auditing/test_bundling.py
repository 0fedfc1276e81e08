"""One file of many modules: nothing renamed by accident, nothing left out, nothing of others needed."""

import ast

import pytest

from app.auditing.bundling import BundlingError, Module, bundle, in_order, joined


def modules(**texts: str) -> list[Module]:
    return [Module.of_text(f"app.{name}", text) for name, text in texts.items()]


def test_the_verifier_imports_nothing_of_ours_and_nothing_but_cryptography() -> None:
    text = bundle()
    assert text == bundle()
    assert "from app" not in text
    assert [line for line in text.splitlines() if line.startswith("import sys")] == ["import sys"]
    names = [module.name for module in in_order("app.audit.verifying.command")]
    assert names.index("app.audit.leaf") < names.index("app.audit.verifying.checking") < len(names) - 1
    assert len(names) == len(set(names))


def test_each_module_stands_there_as_it_is_but_for_imports_and_private_names_of_others() -> None:
    one = (
        '"""One."""\n\nimport json\nfrom typing import TYPE_CHECKING\n'
        "\nif TYPE_CHECKING:\n    from app.two import x\n"
        '\n_A = 1\n\n\ndef one() -> int:\n    """Say `_A`."""\n    return _A + json._A\n'
    )
    two = '"""Two."""\n\nfrom app.one import one\n\n_A: int = 2\nB = C = one()\n'
    text = joined(modules(one=one, two=two))
    ast.parse(text)
    assert "_A_of_one = 1" in text
    assert "return _A_of_one + json._A\n" in text
    assert "_A_of_two: int = 2" in text
    assert "# One." in text
    assert "TYPE_CHECKING:" not in text
    assert "try:" not in text


@pytest.mark.parametrize(
    "texts",
    [
        {"a": "x = 1\n", "b": "x = 2\n"},
        {"a": "_x = 1\n", "b": '_x = 2\ny = f"{_x}"\n'},
        {"a": "import json\n", "b": "json = 2\n"},
        {"a": "import sqlalchemy\n"},
    ],
    ids=["public twice", "hidden in a string", "a module's name", "another library"],
)
def test_what_does_not_fit_into_one_file_is_refused(texts: dict[str, str]) -> None:
    with pytest.raises(BundlingError):
        joined(modules(**texts))


@pytest.mark.parametrize("text", ["from app.b import x as y\n", "import app.b\n"])
def test_modules_of_ours_are_imported_name_by_name(text: str) -> None:
    (module,) = modules(a=text)
    with pytest.raises(BundlingError):
        _ = module.needs


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(BundlingError, match=r"app\.nothing"):
        in_order("app.nothing")
