"""Decides which account runs the embedded PostgreSQL, and keeps its folders to that account."""

import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

OWNER_ONLY = 0o700
OWNER_ENTERS_OTHERS_PASS = 0o711
EVERYONE_READS = 0o755
PRIVATE_FILE = 0o600


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be had; the text says why and names no secret."""


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """The account the server runs under: the launcher's own, or an unprivileged one when that is root."""

    uid: int
    gid: int

    @property
    def is_launchers_own(self) -> bool:
        """Whether the server runs under the account that starts it."""
        return self.uid == os.geteuid()

    @property
    def user(self) -> int | None:
        """The user for a child process; None keeps the launcher's."""
        return None if self.is_launchers_own else self.uid

    @property
    def group(self) -> int | None:
        """The group for a child process; None keeps the launcher's."""
        return None if self.is_launchers_own else self.gid

    @property
    def extra_groups(self) -> list[int] | None:
        """No further groups for a child process of another account; None keeps the launcher's."""
        return None if self.is_launchers_own else []

    def take(self, path: Path) -> None:
        """Make the account the owner of a path the launcher has just made."""
        if not self.is_launchers_own:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def may_pass(self, folder: Path) -> bool:
        """Say whether the account may reach what lies inside a folder, by the folder's mode."""
        about = folder.stat()
        if about.st_uid == self.uid:
            return bool(about.st_mode & stat.S_IXUSR)
        if about.st_gid == self.gid:
            return bool(about.st_mode & stat.S_IXGRP)
        return bool(about.st_mode & stat.S_IXOTH)


def choose_account(data_directory: Path) -> ServerAccount:
    """Return who is to run the server on a data directory that may already exist.

    PostgreSQL refuses root, so root hands it to the owner of the existing data, else to `postgres`, else to
    `nobody`. Raises EmbeddedPostgresError where this machine has neither.
    """
    if os.geteuid() != 0:
        return ServerAccount(os.geteuid(), os.getegid())
    if data_directory.is_dir() and (about := data_directory.stat()).st_uid != 0:
        return ServerAccount(about.st_uid, about.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerAccount(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        "PostgreSQL refuses root, and there is no account postgres or nobody to run it"
    )


def default_state_directory(name: str) -> Path:
    """Return the folder where an embedded server of this name keeps its state, made if need be.

    For root `/var/lib/dancu/<name>`; for others `$XDG_STATE_HOME/dancu/<name>` or
    `~/.local/state/dancu/<name>`. Where that cannot be written, `dancu-<uid>/<name>` in the system's folder
    for temporary files. Raises EmbeddedPostgresError if somebody else put that last folder there.
    """
    home = _state_home()
    if home is not None:
        try:
            _make_folders(home, home / "dancu", home / "dancu" / name)
        except OSError:
            pass
        else:
            if os.access(home / "dancu" / name, os.W_OK | os.X_OK):
                return home / "dancu" / name
    return _temporary_state_directory(name)


def prepare_state_directory(path: Path, account: ServerAccount) -> None:
    """Make a state directory that is the launcher's own and that the server's account can reach.

    Raises EmbeddedPostgresError naming the folder that stands in the way.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=_own_mode())
    except OSError as error:
        raise EmbeddedPostgresError(f"the state directory {path} cannot be made: {error.strerror}") from error
    about = path.stat()
    if about.st_uid != os.geteuid():
        raise EmbeddedPostgresError(f"the state directory {path} belongs to another account")
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise EmbeddedPostgresError(f"the state directory {path} can be written by other accounts")
    # Inside the state directory only the files' own modes keep others out, and each of them does.
    path.chmod(_own_mode())
    for folder in path.resolve().parents:
        if not account.is_launchers_own and not account.may_pass(folder):
            raise EmbeddedPostgresError(
                f"the account that runs PostgreSQL (uid {account.uid}) may not pass {folder}: "
                "choose a state directory outside it"
            )


def _state_home() -> Path | None:
    if os.geteuid() == 0:
        return Path("/var/lib")
    configured = Path(os.environ.get("XDG_STATE_HOME", ""))
    if configured.is_absolute():
        return configured
    try:
        return Path.home() / ".local" / "state"
    except RuntimeError:  # neither HOME nor an entry in the password file
        return None


def _temporary_state_directory(name: str) -> Path:
    root = Path(tempfile.gettempdir()) / f"dancu-{os.geteuid()}"
    try:
        _make_folders(root)
        about = root.lstat()
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
            raise EmbeddedPostgresError(f"{root} is not a folder of this account: somebody else put it there")
        root.chmod(_own_mode())
        _make_folders(root / name)
    except OSError as error:
        raise EmbeddedPostgresError(f"the state directory {root / name} cannot be made") from error
    return root / name


def _make_folders(*folders: Path) -> None:
    for folder in folders:
        if not folder.exists():
            folder.mkdir(parents=True, mode=_own_mode())
            folder.chmod(_own_mode())  # whatever the umask says


def _own_mode() -> int:
    return OWNER_ENTERS_OTHERS_PASS if os.geteuid() == 0 else OWNER_ONLY
