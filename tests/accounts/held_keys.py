"""Token keys held in memory, as a gateway holds those of its database."""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.token_keys import TokenKey, TokenKeys
from app.database.live import LiveView
from app.errors import DirectoryStaleError


class HeldKeys(LiveView[TokenKeys]):
    """A view whose keys a test changes, and whose database it takes away."""

    def __init__(self, *keys: TokenKey) -> None:
        super().__init__(self._load)
        self.held = TokenKeys(keys)
        self.is_stale = False

    def hold(self, *keys: TokenKey) -> None:
        """Have these keys from now on, as after a rotation."""
        self.held = TokenKeys(keys)

    @property
    def current(self) -> TokenKeys:
        if self.is_stale:
            raise DirectoryStaleError
        return self.held

    async def _load(self, _: AsyncConnection) -> TokenKeys:
        return self.held
