"""`python -m tests.witness.run`: a C2SP witness nobody here wrote cosigns our log, and refuses a forked one.

It wants Python 3.12 or newer and gets a virtual environment of its own; DANCU_AICS_WITNESS names one that
is there already. Exit code 2 where this machine has neither.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

_WITNESS: Final = ("aics-witness==0.1.0", "aics-tlog==0.2.1", "cryptography==50.0.2")
_PYTHONS: Final = ("python3.12", "python3.13", "python3.14", "python3")
_ENOUGH: Final = "import sys; sys.exit(sys.version_info < (3, 12))"
_ROOT: Final = Path(__file__).parents[2]
_PLACE: Final = _ROOT / ".venv-witness"


def main() -> int:
    """Install the witness where it is not there yet, run the tests against it, and return their exit code."""
    program = os.environ.get("DANCU_AICS_WITNESS") or _installed()
    if program is None:
        sys.stderr.write(
            "The witness needs Python 3.12 or newer, and there is none on the PATH here. Name one that is\n"
            "installed elsewhere: make witness DANCU_AICS_WITNESS=/path/to/aics-witness\n"
        )
        return 2
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "tests/witness", *sys.argv[1:]]
    environment = os.environ | {"DANCU_AICS_WITNESS": str(program)}
    return subprocess.run(command, cwd=_ROOT, env=environment, check=False).returncode  # noqa: S603 - our own


def _installed() -> Path | None:
    """Return the witness in its virtual environment; None where no Python here can run it."""
    program = _PLACE / "bin" / "aics-witness"
    if program.exists():
        return program
    python = next((path for name in _PYTHONS if (path := shutil.which(name)) and _is_enough(path)), None)
    if python is None:
        return None
    sys.stdout.write(f"Setting up {_PLACE.name} with {python} ...\n")
    shutil.rmtree(_PLACE, ignore_errors=True)
    subprocess.run([python, "-m", "venv", _PLACE], check=True)  # noqa: S603 - our own words
    pip = [str(_PLACE / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, *_WITNESS], check=True)  # noqa: S603 - our own words
    return program


def _is_enough(python: str) -> bool:
    return subprocess.run([python, "-c", _ENOUGH], check=False).returncode == 0  # noqa: S603 - our own words


if __name__ == "__main__":
    sys.exit(main())
