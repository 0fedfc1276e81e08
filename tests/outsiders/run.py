"""`python -m tests.outsiders.run`: programs nobody here wrote judge what a running gateway publishes.

A gateway and a worker run on a fresh database; lookups are made; a checkpoint, inclusion proofs, a
consistency proof and tiles are fetched over HTTP and given to Go's golang.org/x/mod/sumdb and to PyPI's
aics-tlog, each as it is and with one thing wrong in it; OpenSSL checks the checkpoint's signature. Exit code
1 on any failure, 2 where a tool is missing.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from app.database.embedded import EmbeddedServer
from tests.outsiders.claims import Published, all_claims
from tests.outsiders.fetching import CHECKPOINT, fetch_published
from tests.outsiders.ground import Province, a_province
from tests.outsiders.judges import (
    GO_MISSING,
    Verdict,
    aics_command,
    ask,
    ask_openssl,
    build_go,
    find_go,
    find_openssl,
    find_python,
    install_aics,
)
from tests.outsiders.waiting import PROMISED_SECONDS, look_up, waits_for_proofs

_LOOKUPS: Final = 150  # two records each: more than one tile of 256
_AT_ONCE: Final = 8
_WAITS: Final = 30
_PROOFS: Final = 12
_TABLE_WIDTH: Final = 150


@dataclass(frozen=True, slots=True)
class _Judges:
    """The commands of those who judge."""

    go: list[str]
    aics: list[str]
    openssl: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all and return the exit code."""
    options = _read_options(arguments)
    console = Console(width=max(Console().width, _TABLE_WIDTH))  # a line for each verdict
    missing = _missing(options.aics_python)
    if missing:
        for words in missing:
            console.print(words, markup=False)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="dancu-outsiders-"))
    try:
        judges = _prepare(folder, options.aics_python)
        state = folder / "state"
        state.mkdir()
        for passed in (folder, state):  # by the account that runs PostgreSQL
            passed.chmod(0o711)
        with EmbeddedServer(state / "postgres", durable=False) as server:
            chance = random.Random(options.seed)  # noqa: S311 - not secrecy
            verdicts, waits = asyncio.run(_run(server, folder, judges, chance))
    except BaseException:
        console.print(f"logs: {folder}")
        raise
    is_good = _report(console, verdicts, waits)
    if not is_good:
        console.print(f"logs: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _missing(aics_python: str | None) -> list[str]:
    words = []
    if find_go() is None:
        words.append(GO_MISSING)
    if aics_python is None and find_python() is None:
        words.append("Python 3.12 or newer with venv is missing, on PATH or in pyenv (for aics-tlog)")
    if find_openssl() is None:
        words.append("OpenSSL 3.0 or newer is missing (Debian, Ubuntu: apt install openssl)")
    return words


def _prepare(folder: Path, aics_python: str | None) -> _Judges:
    go, python, openssl = find_go(), find_python(), find_openssl()
    if go is None or openssl is None:
        raise FileNotFoundError("a tool is gone")
    if aics_python is not None:
        aics = aics_command(aics_python)
    elif python is not None:
        aics = install_aics(python, folder)
    else:
        raise FileNotFoundError("a tool is gone")
    return _Judges(build_go(go, folder), aics, openssl)


async def _run(
    server: EmbeddedServer, folder: Path, judges: _Judges, chance: random.Random
) -> tuple[list[Verdict], list[float]]:
    async with a_province(server, folder) as province:
        earlier = (await province.http.get(CHECKPOINT)).raise_for_status().text
        await _look_up_many(province)
        waits = await waits_for_proofs(province.http, _WAITS, chance)
        published = await _published(province, earlier, chance)
        claims = all_claims(published)
        verdicts = [
            *await ask("Go", judges.go, published.verifier, claims, folder),
            *await ask("aics-tlog", judges.aics, published.verifier, claims, folder),
            *ask_openssl(judges.openssl, published.verifier, claims, folder),
        ]
    return verdicts, waits


async def _look_up_many(province: Province) -> None:
    lanes = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with lanes:
            await look_up(province.http, number)

    await asyncio.gather(*map(one, range(1, _LOOKUPS + 1)))


async def _published(province: Province, earlier: str, chance: random.Random) -> Published:
    # The first and the last leaf, and some between; the log has at least what the lookups left.
    places = [0, -1, *chance.sample(range(1, 2 * _LOOKUPS), _PROOFS - 2)]
    return await fetch_published(province.http, province.owner_url, province.signer, earlier, places)


def _report(console: Console, verdicts: Sequence[Verdict], waits: Sequence[float]) -> bool:
    table = Table("judge", "claim", "must", "says", "")
    for each in verdicts:
        must, says = ("holds" if is_so else "fails" for is_so in (each.claim.must_hold, each.holds))
        detail = "" if each.holds else each.why
        table.add_row(each.judge, each.claim.name, must, says, ("" if each.is_right else "WRONG ") + detail)
    console.print(table)
    wrong = sum(not each.is_right for each in verdicts)
    console.print(f"{len(verdicts)} verdicts, {wrong} wrong")
    is_soon = max(waits) <= PROMISED_SECONDS
    console.print(
        f"from a lookup's answer to its proof, {len(waits)} at random moments: at most {max(waits):.1f} s,"
        f" median {median(waits):.1f} s; promised {PROMISED_SECONDS:.0f} s" + ("" if is_soon else ": BROKEN")
    )
    return wrong == 0 and is_soon


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.outsiders.run", description=__doc__)
    parser.add_argument(
        "--aics-python", help="a Python that has aics-tlog, in place of one installed for this"
    )
    parser.add_argument("--seed", type=int, default=1, help="other moments, other proofs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
