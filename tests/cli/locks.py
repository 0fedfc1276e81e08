"""Accounts with something to take off: a lock as wrong passwords leave it, a second factor."""

import hashlib
import hmac

from app.accounts.guarding import GUARDS_KEY
from app.audit.sealing import RootKey
from tests.cli.commands import ask
from tests.world import ROOT_KEY


def lock(url: str, login_name: str, *, seconds: int = 3600, root_key: str = ROOT_KEY) -> None:
    """Lock an account, under the digest that the gateway keeps it under."""
    key = RootKey.from_text(root_key).derive(GUARDS_KEY)
    ask(
        url,
        "insert into sign_in_guard (subject_digest, failures, last_failure_at, locked_until)"
        " values ($1, 5, clock_timestamp(), clock_timestamp() + make_interval(secs => $2))",
        hmac.digest(key, f"account|{login_name}".encode(), hashlib.sha256),
        seconds,
    )


def confirm_second_factor(url: str, login_name: str) -> None:
    """Give an account a second factor that it has used."""
    ask(
        url,
        "insert into second_factor (officer_id, wrapped_secret, confirmed_at)"
        " select officer_id, '\\x00', clock_timestamp() from officer where login_name = $1",
        login_name,
    )
