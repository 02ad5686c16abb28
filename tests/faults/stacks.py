"""The real servers that bars share: started when first asked for, stopped at the end."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Self

from concordat.stack.embedded import EmbeddedInfrastructure, Infrastructure, StackOptions
from concordat.stack.state_directory import StateDirectory


class Stacks:
    """Servers by kind, inside an `async with` block; what a bar breaks it mends itself."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="concordat-faults-"))
        self._servers: EmbeddedInfrastructure | None = None
        self._infrastructure: Infrastructure | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._servers is not None:
            await asyncio.to_thread(self._servers.destroy)
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def infrastructure(self) -> Infrastructure:
        """One broker and one PostgreSQL; a bar takes a topic prefix and a database of its own."""
        if self._infrastructure is None:
            state = StateDirectory(self.state_folder)
            options = StackOptions(heavy_load=True)
            self._servers = EmbeddedInfrastructure(state, _say_nothing, options)
            self._infrastructure = await asyncio.to_thread(self._servers.start)
        return self._infrastructure

    @property
    def state_folder(self) -> Path:
        """Where the shared servers keep their data."""
        return self._folder / "state"

    def folder(self, name: str) -> Path:
        """A new folder that is deleted at the end."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))


def _say_nothing(_sentence: str) -> None:
    """The bar's one line is all that is printed."""
