"""Texts that were found to be in order, remembered: what stands in most records is looked at once."""

from collections.abc import Callable, Iterable
from typing import Final

_MOST_REMEMBERED: Final = 10_000
LONGEST_REMEMBERED: Final = 400  # characters, so that all of them together stay small


class KnownTexts:
    """Judges texts as its rule does and remembers those that pass: for what says nothing of a citizen."""

    __slots__ = ("_known", "_most", "_rule", "has_all")

    has_all: Callable[[Iterable[object]], bool]
    """Whether all of these passed before and are remembered; the rule is not asked."""

    def __init__(self, rule: Callable[[str], bool], *, most: int = _MOST_REMEMBERED) -> None:
        """Let pass what *rule* lets pass, and remember at most so many."""
        self._rule = rule
        self._most = most
        self._known: set[object] = set()
        self.has_all = self._known.issuperset

    def passes(self, text: str) -> bool:
        """Return whether the rule lets *text* pass."""
        if text in self._known:
            return True
        is_in_order = self._rule(text)
        if is_in_order and len(text) <= LONGEST_REMEMBERED:
            if len(self._known) >= self._most:
                self._known.clear()
            self._known.add(text)
        return is_in_order
