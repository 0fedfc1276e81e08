"""What `dancu check` says of the volumes the database writes to."""

from app.audit.headroom import CRITICAL_PERCENT, WARN_PERCENT, Room, Volume


def volume_finding(volume: Volume) -> tuple[bool | None, str]:
    """Return whether the volume has room for evidence, and a line that says so."""
    used = f"disk: {volume.path}: {volume.used_percent} % used"
    if volume.room is Room.UNREADABLE:
        return False, f"disk: {volume.path} cannot be read, so nobody would see it fill"
    if volume.room is Room.CRITICAL:
        return False, f"{used}, {CRITICAL_PERCENT} % or more; lookups end when it is full: make room now"
    if volume.room is Room.LOW:
        return None, f"{used}, {WARN_PERCENT} % or more: make room"
    return True, used
