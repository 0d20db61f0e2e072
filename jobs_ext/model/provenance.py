"""Where a job came from: what its submitter tells of that, and what can be asked later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

Path = Annotated[str, Meta(min_length=1, max_length=4096)]
CellId = Annotated[str, Meta(min_length=1, max_length=200)]
Commit = Annotated[str, Meta(pattern="^[0-9a-f]{40,64}$")]
Version = Annotated[str, Meta(min_length=1, max_length=100)]
Packages = Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=10_000)]


class Origin(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What made a submit, as the submitter tells it; the job does not depend on it."""

    notebook: Path | None = None  # absolute, or below the server's root, as Jupyter names it
    cell: CellId | None = None  # id of the cell that ran
    commit: Commit | None = None  # of the git repository that its folder is in
    dirty: bool | None = None  # whether files that git follows there differed from the commit


class InputFile(Struct, frozen=True):
    """A file or value that a job was given, as it was at submit."""

    name: str  # its path, or the argument that it was uploaded for
    sha256: str | None = None  # None: it was too large to be read
    size: int | None = None  # bytes, of a file


class Provenance(Struct, frozen=True):
    """Where a job came from; what nobody told is None."""

    notebook: str | None = None  # below the server's root, where it lies there; else absolute
    cell: str | None = None  # id of the cell that ran
    commit: str | None = None  # of the git repository that the notebook's folder is in
    dirty: bool | None = None  # whether files that git follows there differed from the commit
    python: str | None = None  # the interpreter that was settled at submit
    version: str | None = None  # of that interpreter: 3.11.7
    packages: list[str] | None = None  # installed for it at submit: "numpy 2.1.0"
    inputs: list[InputFile] = []  # files and values that it was given

    def __repr__(self) -> str:
        """Tell it in a few lines: of packages and inputs how many there are."""
        return "\n".join(f"{name}: {told}" for name, told in self._told())

    def _told(self) -> Iterator[tuple[str, str]]:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, list):
                yield name, f"{len(value)}, in .{name}"
            elif value is not None:
                yield name, str(value)
