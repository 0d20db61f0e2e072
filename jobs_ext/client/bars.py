"""A tqdm that also tells the job's progress: ``for x in jx.tqdm(items): …``."""

from __future__ import annotations

from typing import Any

from tqdm.std import tqdm as _tqdm

from .inside import progress


class tqdm(_tqdm):  # type: ignore[misc]  # noqa: N801 - stands in for the class of that name
    """tqdm's own bar on stderr, whose state is the job's progress too."""

    def display(self, msg: str | None = None, pos: int | None = None) -> Any:
        """Draw the bar, which tqdm does a few times a second, and tell the job's progress."""
        if self.total:
            progress(self.n / self.total, self.desc or "")
        else:
            progress(None, f"{self.desc or ''}{self.n}")
        return super().display(msg, pos)
