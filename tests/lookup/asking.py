"""Bodies of lookups turned into commands, on the day of the tests."""

import json
from datetime import date
from typing import Any

from app.lookup.command import LookupCommand
from app.lookup.schemas import LookupRequest, to_command

TODAY = date(2026, 11, 22)


def command_of(body: dict[str, Any]) -> LookupCommand:
    """Return the command a body asks for."""
    return to_command(LookupRequest.model_validate_json(json.dumps(body)), TODAY, None)
