"""A tree that grows leaf by leaf in constant memory, and the parts by which a stretch of it is joined."""

from dataclasses import dataclass, field

from app.audit.tree.merkle import EMPTY_ROOT, Leaves, fold, node_hash


@dataclass(slots=True)
class GrowingTree:
    """The roots of the perfect parts of what was appended so far, left to right."""

    size: int = 0
    _parts: list[tuple[int, bytes]] = field(default_factory=list)

    def append(self, part: bytes, width: int = 1) -> None:
        """Append a perfect part of *width* leaves, a leaf's hash by itself.

        Raises ValueError where a part of this width cannot stand here.
        """
        if width < 1 or width & (width - 1) or self.size % width:
            raise ValueError("such a part cannot stand here")
        self.size += width
        while self._parts and self._parts[-1][0] == width and (self.size // width) % 2 == 0:
            _, left = self._parts.pop()
            part, width = node_hash(left, part), 2 * width
        self._parts.append((width, part))

    def root(self) -> bytes:
        """Return the root of all that was appended (RFC 6962 section 2.1)."""
        return fold([part for _, part in self._parts]) if self._parts else EMPTY_ROOT


def aligned_parts(leaves: Leaves) -> list[Leaves]:
    """Return the fewest runs of a power of two, each at a multiple of its width, that make up *leaves*."""
    first, last = leaves
    parts = []
    while first < last:
        widest = 1 << ((last - first).bit_length() - 1)
        width = min(widest, first & -first) if first else widest
        parts.append((first, first + width))
        first += width
    return parts
