"""What an adapter's folder brings: its profiles, the settings it needs, and how it is put together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adapters.connection import Connection
from adapters.profile import Profile
from adapters.source import NationalSource
from app.clock import Clock
from app.settings import UpstreamSettings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a source is put together from; the connections stay the caller's."""

    settings: UpstreamSettings
    profile: Profile
    connection: Connection
    token_connection: Connection
    clock: Clock


@dataclass(frozen=True, slots=True)
class Road:
    """One way to the national side. Profiles are named after it: `lgsp-json`, `lgsp-json-thanh-hoa`."""

    name: str
    profiles: Path
    required_settings: Callable[[Profile], tuple[str, ...]]
    build: Callable[[Wiring], NationalSource]

    def speaks(self, profile_name: str) -> bool:
        """Return whether the profile of this name is one of this road's."""
        return profile_name == self.name or profile_name.startswith(f"{self.name}-")
