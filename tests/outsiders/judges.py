"""The outsiders: programs nobody here wrote, how each is made ready, and what is missing where it can't."""

import asyncio
import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.outsiders.claims import Claim, Kind, write_claims

AICS_PACKAGE: Final = "aics-tlog==0.2.1"
GO_MISSING: Final = (
    "Go with golang.org/x/mod is missing (Debian, Ubuntu: apt install golang-go golang-golang-x-mod-dev)"
)
_AICS_PYTHON: Final = (3, 12)
_OPENSSL_VERSION: Final = re.compile(r"OpenSSL ([0-9]+)\.")
_OPENSSL_MAJOR: Final = 3  # the first that verifies what is not hashed before
_HERE: Final = Path(__file__).parent
_GO_PATH: Final = Path("/usr/share/gocode")
_GO_PACKAGE: Final = _GO_PATH / "src" / "golang.org" / "x" / "mod" / "sumdb" / "tlog"
_PREPARE_SECONDS: Final = 240
_JUDGE_SECONDS: Final = 60
_KEY_PREFIX: Final = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what follows is an Ed25519 key


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one outsider says of one claim."""

    judge: str
    claim: Claim
    holds: bool
    why: str

    @property
    def is_right(self) -> bool:
        """Whether it says what it must."""
        return self.holds == self.claim.must_hold


def find_go() -> str | None:
    """Return the Go program, None where it or its package is missing."""
    return shutil.which("go") if _GO_PACKAGE.is_dir() else None


def find_openssl() -> str | None:
    """Return an openssl that verifies Ed25519 (3.0 or newer), None where there is none."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    asked = subprocess.run([openssl, "version"], capture_output=True, text=True, check=False)  # noqa: S603
    major = _OPENSSL_VERSION.match(asked.stdout)
    return openssl if major and int(major[1]) >= _OPENSSL_MAJOR else None


def find_python() -> str | None:
    """Return a Python new enough for aics-tlog, None where there is none: PATH first, then pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    names = [sys.executable, *(f"python3.{minor}" for minor in range(12, 20)), "python3"]
    candidates = [shutil.which(name) for name in names]
    candidates += [str(found) for found in sorted(pyenv.glob("3.*/bin/python3"))]
    return next((each for each in candidates if each and _is_new_enough(each)), None)


def _is_new_enough(python: str) -> bool:
    asking = f"import sys, venv, ensurepip; sys.exit(sys.version_info < {_AICS_PYTHON})"
    # A pyenv shim is there for versions that are not, and then only says so.
    return subprocess.run([python, "-c", asking], capture_output=True, check=False).returncode == 0  # noqa: S603


def build_go(go: str, folder: Path) -> list[str]:
    """Return the command that runs the Go program, built without a network."""
    program = folder / "verify"
    environment = {
        "PATH": os.environ["PATH"],
        "GO111MODULE": "off",
        "GOPATH": str(_GO_PATH),
        "GOCACHE": str(folder / "go-cache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
        "HOME": str(folder),
    }
    _call([go, "build", "-o", str(program), str(_HERE / "verify.go")], environment)
    return [str(program)]


def install_aics(python: str, folder: Path) -> list[str]:
    """Return the command that runs aics-tlog, installed in an environment of its own."""
    _call([python, "-m", "venv", str(folder / "aics")])
    own = str(folder / "aics" / "bin" / "python")
    _call([own, "-m", "pip", "install", "-qq", "--disable-pip-version-check", AICS_PACKAGE])
    return aics_command(own)


def aics_command(python: str) -> list[str]:
    """Return the command that runs aics-tlog where *python* has it."""
    return [python, str(_HERE / "aics_client.py")]


async def ask(
    judge: str, command: Sequence[str], verifier: str, claims: Sequence[Claim], folder: Path
) -> list[Verdict]:
    """Return what a program says of every claim; what it does not speak of is told as its fault."""
    path = folder / f"claims-{judge}.json"
    write_claims(path, verifier, claims)
    process = await asyncio.create_subprocess_exec(
        *command, str(path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(_JUDGE_SECONDS):
        out, err = await process.communicate()
    said = {line["name"]: line for line in map(json.loads, out.decode().splitlines())}
    last = (err.decode().strip().splitlines() or ["it said nothing"])[-1]
    silent = {"holds": None, "why": last}
    answers = [(claim, said.get(claim.name, silent)) for claim in claims]
    return [Verdict(judge, claim, answer["holds"], answer["why"]) for claim, answer in answers]


def ask_openssl(openssl: str, verifier: str, claims: Sequence[Claim], folder: Path) -> list[Verdict]:
    """Return what OpenSSL says of each checkpoint's signature; it knows nothing of trees."""
    key, signed, signature = folder / "log.der", folder / "signed.txt", folder / "signature"
    _, _, public = verifier.split("+", maxsplit=2)
    key.write_bytes(_KEY_PREFIX + base64.b64decode(public)[1:])
    command = [openssl, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(key), "-rawin"]
    command += ["-in", str(signed), "-sigfile", str(signature)]
    verdicts = []
    for claim in claims:
        if claim.kind is not Kind.CHECKPOINT:
            continue
        text, _, line = claim.note.partition("\n\n")
        signed.write_text(f"{text}\n", encoding="utf-8")
        signature.write_bytes(base64.b64decode(line.partition("\n")[0].rpartition(" ")[2])[4:])
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        words = (done.stdout + done.stderr).strip().splitlines() or ["it said nothing"]
        verdicts.append(Verdict("openssl", claim, done.returncode == 0, words[0]))
    return verdicts


def _call(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, timeout=_PREPARE_SECONDS, env=environment)  # noqa: S603 - our own words
