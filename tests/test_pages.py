"""README and docs hold what they say: links lead somewhere, examples parse, settings and routes exist."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings, UpstreamSettings
from app.web.problem_kinds import KINDS
from app.web.problem_texts import TEXTS
from tests.test_main import OFFERED

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
INSTALL = ROOT / "docs" / "install.md"
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def _prose(page: Path) -> str:
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    """Headings as GitHub makes anchors of them; one that comes again is numbered."""
    seen, anchors = Counter[str](), set[str]()
    for heading in re.findall(r"^#+ (.*)$", _prose(page), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
        slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return anchors


def _leads_nowhere(page: Path) -> Iterator[str]:
    for link in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        if link.startswith(("http:", "https:")):
            continue
        file, _, anchor = link.partition("#")
        there = (page.parent / file).resolve() if file else page
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            yield link


@EVERY_PAGE
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    assert list(_leads_nowhere(page)) == []


@EVERY_PAGE
def test_every_table_has_its_heading(page: Path) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", _prose(page), re.MULTILINE)
    torn = [table.splitlines()[0] for table in tables if not re.match(r"\|.*\n\|[-:| ]+\|\n", table)]
    assert torn == []


@EVERY_PAGE
def test_every_json_example_parses(page: Path) -> None:
    for language, example in FENCED.findall(page.read_text(encoding="utf-8")):
        if language == "json":
            json.loads(example)


@EVERY_PAGE
def test_every_command_of_make_and_every_file_named_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets
    files = re.findall(r"`((?:adapters|app|bench|deploy|docs|mock_c06|tests)/[\w./*-]+)`", text)
    assert [file for file in files if not list(ROOT.glob(file.rstrip("/")))] == []


def _variables() -> set[str]:
    plain = {f"DANCU_{name.upper()}" for name in Settings.model_fields if name != "upstreams"}
    return plain | {f"DANCU_UPSTREAM_{name.upper()}" for name in UpstreamSettings.model_fields}


def _documented() -> set[str]:
    """Settings that install.md names in a table's first cell; `…_SECONDS` goes on from the name before it."""
    named = set[str]()
    for cell in re.findall(r"^\| (`DANCU_[^|]*)\|", INSTALL.read_text(encoding="utf-8"), re.MULTILINE):
        before = ""
        for name in re.findall(r"`([^`]+)`", cell):
            endings = (
                {before[:end] + name[1:] for end in range(len(before) + 1)} if name[0] == "…" else {name}
            )
            named |= (endings & _variables()) or endings
            before = name if name[0] != "…" else before
    return named


def test_install_md_names_every_setting() -> None:
    variables = _variables()
    wanted = {name for name in variables if not (name.endswith("_FILE") and name[:-5] in variables)}
    assert sorted(wanted - _documented()) == []


def test_install_md_names_the_defaults() -> None:
    fields = {f"DANCU_{name.upper()}": field for name, field in Settings.model_fields.items()}
    fields |= {
        f"DANCU_UPSTREAM_{name.upper()}": field for name, field in UpstreamSettings.model_fields.items()
    }
    rows = re.findall(
        r"^\| `(DANCU_\w+)` \| `((?!DANCU)[\w.]+)` \|", INSTALL.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(rows) > 40
    wrong = [
        (name, said)
        for name, said in rows
        if fields[name].default is not None and said not in _ways_to_say(fields[name].default)
    ]
    assert wrong == []


def _ways_to_say(default: object) -> set[str]:
    return {str(default), str(default).lower(), str(default).removesuffix(".0")}


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_no_page_names_a_setting_that_is_not_there(page: Path) -> None:
    named = re.findall(r"\bDANCU_[A-Z0-9_]*[A-Z0-9]\b(?!_?…)", page.read_text(encoding="utf-8"))
    assert {name.replace("UPSTREAM2", "UPSTREAM") for name in named} <= _variables()


def _routes_named() -> set[tuple[str, str]]:
    """The routes of api.md's table; a method without a path belongs to the path after it."""
    named, waiting = set[tuple[str, str]](), list[str]()
    table = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").partition("\n\n## ")[0]
    for cell in re.findall(r"^\| (`[^|]*)\|", table, re.MULTILINE):
        for text in re.findall(r"`([^`]*)`", cell):
            method, _, path = text.rpartition(" ")
            if path.startswith("/"):
                named |= {(each, path) for each in [*waiting, method or "GET"]}
                waiting.clear()
            else:
                waiting.append(path)
    return named


def test_api_md_names_every_route_by_its_method_and_no_other() -> None:
    assert _routes_named() == OFFERED


def test_api_md_has_every_problem_as_the_code_has_it() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    table = page.partition("| code | status | origin | paper | title |\n|---|---|---|---|---|\n")[2]
    paper = {True: "yes", False: "no", None: "–"}
    printed = [
        f"| `{code}` | {kind.status.value} | {kind.origin} | {paper[kind.opens_paper]}"
        f" | {TEXTS[code]['vi'].title} |"
        for code, kind in KINDS.items()
    ]
    assert table.partition("\n\n")[0].splitlines() == printed
