"""Finds nginx and wrk, and installs them where that is possible."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.failure import MissingProgramError

_PACKAGES: Final = {"nginx": "nginx-light", "wrk": "wrk"}
# Debian's nginx is outside an ordinary account's PATH.
_SEARCHED: Final = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
# Debian asks this script before it starts a freshly installed service; 101 says no.
_SERVICE_POLICY: Final = Path("/usr/sbin/policy-rc.d")


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the two programs are and which versions they have."""

    nginx: str
    wrk: str
    versions: str


def find_programs() -> Programs:
    """Return nginx and wrk, installed first if root can; MissingProgramError says how to get them."""
    missing = [name for name in _PACKAGES if _find(name) is None]
    if missing:
        _install(missing)
    nginx, wrk = (_find(name) for name in _PACKAGES)
    if nginx is None or wrk is None:
        raise MissingProgramError(_advice(missing))
    return Programs(nginx, wrk, f"{_version(nginx)}, {_version(wrk)}")


def _install(missing: list[str]) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise MissingProgramError(_advice(missing))
    packages = [_PACKAGES[name] for name in missing]
    print(f"Installing {' '.join(packages)} ...", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    with _no_service_starts():
        for command in (["apt-get", "update", "-qq"], install):
            done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True)
            if done.returncode != 0:
                print(done.stderr.strip())
                raise MissingProgramError(_advice(missing))


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Keep nginx's package from starting its service; a policy that is already there stays in force."""
    try:
        descriptor = os.open(_SERVICE_POLICY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755)
    except FileExistsError:
        yield
        return
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nexit 101\n")
        yield
    finally:
        _SERVICE_POLICY.unlink()


def _find(name: str) -> str | None:
    return shutil.which(name, path=_SEARCHED)


def _advice(missing: list[str]) -> str:
    packages = " ".join(_PACKAGES[name] for name in missing)
    return f"{' and '.join(missing)} not found; on Debian or Ubuntu: sudo apt-get install {packages}"


def _version(program: str) -> str:
    """Return the first line that names the version; both programs print it, and wrk then fails."""
    done = subprocess.run([program, "-v"], capture_output=True, check=False, text=True)
    line = (done.stdout + done.stderr).strip().splitlines()[0]
    return line.removeprefix("nginx version: ").split(" [")[0]
