"""Who sits at the server: the operating system's word for it, which no environment variable changes."""

import os
import pwd
import unicodedata
from typing import Final

_LONGEST: Final = 64


def operator_name() -> str:
    """Return the name of the account that runs this command, or `uid 10001` where it has none."""
    user = os.getuid()
    try:
        name = pwd.getpwuid(user).pw_name
    except KeyError:
        return f"uid {user}"
    plain = "".join(mark for mark in name if unicodedata.category(mark)[0] != "C")
    return unicodedata.normalize("NFC", plain)[:_LONGEST] or f"uid {user}"
