"""What an adapter need not write when its library has nothing to open or to close."""

from __future__ import annotations


class Adapter:
    """Sub-classes add the calls; see `bench.peers`."""

    def close(self) -> None:
        """Give back the sync client's connections."""

    async def open_async(self) -> None:
        """Make the async client, in the loop that will use it."""

    async def close_async(self) -> None:
        """Give back the async client's connections."""
