"""What an old call is looked up by, gathered once for each state of the directory and not at each call."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter
from typing import Final

from app.accounts.store import Accounts
from app.procedures.store import Catalogue
from app.procedures.values import Procedure

_CODE: Final = attrgetter("upstream_officer_code")


class OfficerCodes:
    """The national codes of all officers: a province has tens of thousands."""

    def __init__(self) -> None:
        """Begin with nobody's."""
        self._of: Accounts | None = None
        self._codes: AbstractSet[str | None] = frozenset()

    def of(self, accounts: Accounts) -> AbstractSet[str | None]:
        """Return the codes in *accounts*, which never change: a change makes others. None is nobody's."""
        if accounts is not self._of:
            self._codes = set(map(_CODE, accounts.officers.values()))
            self._of = accounts
        return self._codes


class ProceduresByCode:
    """The procedures that a MaDVC may mean, by their own code and by that of their public service."""

    def __init__(self) -> None:
        """Begin with none."""
        self._of: Catalogue | None = None
        self._meant: dict[str, list[Procedure]] = {}

    def called(self, catalogue: Catalogue, code: str) -> Sequence[Procedure]:
        """Return the procedures of *catalogue* that bear *code*."""
        if catalogue is not self._of:
            meant: dict[str, list[Procedure]] = {}
            for one in catalogue.procedures.values():
                for name in {one.procedure_code, one.service_code} - {None}:
                    meant.setdefault(str(name), []).append(one)
            self._meant, self._of = meant, catalogue
        return self._meant.get(code, ())
