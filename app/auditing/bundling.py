"""The verifier as one file: the very modules of the package, one below the other, without their imports."""

import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

ENTRY: Final = "app.audit.verifying.command"
_OURS: Final = "app."
_CRYPTOGRAPHY: Final = "cryptography"
_HEADER: Final = '''#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Made by `dancu audit verifier` of the modules named below, which stand here as they are in the gateway.
# Tệp này được tạo từ mã nguồn của cổng tra cứu; không cần cài gì khác ngoài Python và cryptography.
#
#     python3 dancu_verify.py --dir EXPORT --log-key VKEY
#
# Needs Python 3.11 or newer and: pip install "cryptography>=50"
"""Checks an export of the evidence of lookups, offline; exit codes 0 intact, 1 broken, 2 not checked."""

import sys

if sys.version_info < (3, 11):
    sys.stderr.write("dancu_verify: Python 3.11 or newer is needed\\n")
    raise SystemExit(2)
'''
_GUARD: Final = """except ImportError:
    sys.stderr.write(
        "dancu_verify: cần thư viện cryptography | the library cryptography is needed:"
        ' pip install "cryptography>=50"\\n'
    )
    raise SystemExit(2) from None
"""
_FOOTER: Final = """

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(verify(sys.argv[1:]))
"""


class BundlingError(Exception):
    """These modules cannot stand in one file as they are."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module's text and what it is made of."""

    name: str
    text: str
    tree: ast.Module

    @classmethod
    def named(cls, name: str) -> "Module":
        """Return the module of this name, as it is installed."""
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise BundlingError(f"there is no module {name}")
        return cls.of_text(name, Path(spec.origin).read_text(encoding="utf-8"))

    @classmethod
    def of_text(cls, name: str, text: str) -> "Module":
        """Return a module with this text."""
        return cls(name, text, ast.parse(text))

    @property
    def needs(self) -> list[str]:
        """Which of our modules it imports, type checkers' aside; BundlingError for other ways to import."""
        needed = list[str]()
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(_OURS):
                if any(alias.asname for alias in node.names):
                    raise BundlingError(f"{self.name} renames what it imports of ours")
                needed.append(str(node.module))
            elif isinstance(node, ast.Import) and any(alias.name.startswith(_OURS) for alias in node.names):
                raise BundlingError(f"{self.name} imports a whole module of ours")
        return needed

    @property
    def imports(self) -> list[ast.Import | ast.ImportFrom]:
        """What it imports of others."""
        return [
            node
            for node in self.tree.body
            if isinstance(node, ast.Import)
            or (isinstance(node, ast.ImportFrom) and not str(node.module).startswith(_OURS))
        ]

    @property
    def names(self) -> list[str]:
        """What it defines, in order."""
        defined = list[str]()
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                defined.append(node.name)
            elif isinstance(node, ast.Assign):
                defined += [target.id for target in node.targets if isinstance(target, ast.Name)]
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                defined.append(node.target.id)
        return defined


def bundle() -> str:
    """Return the verifier as the text of one program; BundlingError where its modules do not fit together."""
    return joined(in_order(ENTRY))


def in_order(entry: str) -> list[Module]:
    """Return a module and all of ours it needs, each behind those it needs itself."""
    found = dict[str, Module]()

    def visit(name: str) -> None:
        if name not in found:
            module = Module.named(name)
            for needed in module.needs:
                visit(needed)
            found[name] = module

    visit(entry)
    return list(found.values())


def joined(modules: Sequence[Module]) -> str:
    """Return the modules as one text, their private names apart; BundlingError for public ones twice."""
    renamed = _renamings(modules)
    ours, others = _imports(modules)
    guarded = "".join(f"    {line}\n" for line in others)
    parts = [_HEADER, "\n".join(ours), f"\ntry:\n{guarded}{_GUARD}" if others else ""]
    parts += [_section(module, renamed[module.name]) for module in modules]
    return "\n".join(parts) + _FOOTER


def _renamings(modules: Sequence[Module]) -> dict[str, dict[str, str]]:
    """Return for each module which of its names must be others, because another module has them too."""
    counts = Counter(name for module in modules for name in set(module.names))
    taken = {
        alias.asname or alias.name for module in modules for node in module.imports for alias in node.names
    }
    renamed = dict[str, dict[str, str]]()
    for module in modules:
        twice = {name for name in module.names if counts[name] > 1 or name in taken}
        if public := {name for name in twice if not name.startswith("_")}:
            raise BundlingError(f"{module.name}: {', '.join(sorted(public))} stands in another module, too")
        stem = module.name.rpartition(".")[2]
        renamed[module.name] = {name: f"{name}_of_{stem}" for name in twice}
    return renamed


def _imports(modules: Sequence[Module]) -> tuple[list[str], list[str]]:
    """Return the imports of the standard library, and those of cryptography; BundlingError for others."""
    whole, parts = set[str](), dict[str, set[str]]()
    for node in (node for module in modules for node in module.imports):
        if isinstance(node, ast.Import):
            whole |= {ast.unparse(ast.Import([alias])) for alias in node.names}
        else:
            parts.setdefault(str(node.module), set()).update(map(ast.unparse, node.names))
    lines = sorted(whole - {"import sys"})
    lines += [f"from {name} import {', '.join(sorted(names))}" for name, names in sorted(parts.items())]
    if foreign := {_package(line) for line in lines} - sys.stdlib_module_names - {_CRYPTOGRAPHY}:
        raise BundlingError(f"{', '.join(sorted(foreign))} would be needed, too")
    cryptography = [line for line in lines if _package(line) == _CRYPTOGRAPHY]
    return [line for line in lines if line not in cryptography], cryptography


def _package(line: str) -> str:
    return line.split(maxsplit=2)[1].partition(".")[0]


def _section(module: Module, renamed: Mapping[str, str]) -> str:
    """Return a module's text below a heading: without imports, its names changed where they must be."""
    lines = module.text.splitlines(keepends=True)
    docstring = ast.get_docstring(module.tree) or ""
    for node in module.tree.body:
        if _is_left_out(node, module):
            lines[node.lineno - 1 : node.end_lineno] = [""] * (int(node.end_lineno or 0) - node.lineno + 1)
    heading = "".join(f"# {line}".rstrip() + "\n" for line in docstring.splitlines())
    rule = f"# {'-' * 8} {module.name} {'-' * 8}\n"
    body = re.sub(r"\n{4,}", "\n\n\n", "".join(lines)).strip("\n")
    return f"\n{rule}{heading}\n{_with_names(body, renamed, module.name)}\n"


def _is_left_out(node: ast.stmt, module: Module) -> bool:
    is_docstring = node is module.tree.body[0] and isinstance(node, ast.Expr)
    is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return is_docstring or is_for_types or isinstance(node, ast.Import | ast.ImportFrom)


def _with_names(text: str, renamed: Mapping[str, str], where: str) -> str:
    """Return *text* with names changed, attributes aside; BundlingError where an f-string has one."""
    if not renamed:
        return text
    lines = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for before, token in reversed(list(zip([None, *tokens], tokens, strict=False))):
        if hidden := _formatted_names(token, renamed):
            raise BundlingError(f"{where}: {', '.join(hidden)} stands inside a string")
        is_attribute = before is not None and before.string == "."
        if token.type == tokenize.NAME and token.string in renamed and not is_attribute:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + renamed[token.string] + line[token.end[1] :]
    return "".join(lines)


def _formatted_names(token: tokenize.TokenInfo, names: Mapping[str, str]) -> list[str]:
    """Return which of *names* stand in a string that is formatted, where no token shows them."""
    if token.type != tokenize.STRING or "f" not in token.string.split(token.string[-1])[0].lower():
        return []
    return [name for name in names if re.search(rf"\b{name}\b", token.string)]
