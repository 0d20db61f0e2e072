"""Inputs that are named by a URI: which a server allows. They are fetched before the job starts."""

from __future__ import annotations

import re
from collections.abc import Collection
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from ..model.errors import InvalidRequest
from .addresses import LONGEST_URL, Guard, masked
from .references import is_filename

WEB = ("http", "https")
_LOCAL = ("file", "local")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_NOT_IN_URIS = re.compile(r"[\x00-\x1f\x7f]|::")  # "::" chains file systems of fsspec


class Sources(Struct, frozen=True):
    """Where inputs may come from, besides files and uploads."""

    schemes: tuple[str, ...] = ()
    guard: Guard = Guard()  # for http and https

    def check(self, uri: str, field: str) -> None:
        """Raise `InvalidRequest`, naming `field`, unless inputs may come from there.

        Nothing is looked up: whether there is anything the start will tell.
        """
        scheme = uri.partition(":")[0].lower()
        if scheme not in self.schemes:
            allowed = ", ".join(self.schemes) or "none"
            raise InvalidRequest(
                f"{masked(uri)!r}: inputs are not fetched by {scheme} here.",
                field=field,
                value=masked(uri),
                hint=f"Allowed by JobsExtension.input_schemes: {allowed}. Or give a file.",
            )
        if scheme in WEB:
            self.guard.place(uri, field)
        elif len(uri) > LONGEST_URL or _NOT_IN_URIS.search(uri):
            raise InvalidRequest(
                f"{masked(uri)!r} is no URI of a file.", field=field, value=masked(uri)
            )


def check_schemes(schemes: Collection[str]) -> None:
    """Raise ValueError saying which of these schemes can't be allowed, and what it needs."""
    for scheme in schemes:
        if not _URI.fullmatch(f"{scheme}://") or scheme != scheme.lower():
            raise ValueError(f"{scheme!r} is no scheme such as 'https'")
        if scheme in _LOCAL:
            raise ValueError(f"{scheme} leads to files of this machine, which are named by path")
        if scheme not in WEB and find_spec("fsspec") is None:
            raise ValueError(f"{scheme} needs fsspec: pip install 'jobs_ext[inputs]'")


def is_uri(value: Any) -> bool:
    """Tell whether an input is named by a URI rather than a path."""
    return isinstance(value, str) and _URI.match(value) is not None


def file_name(uri: str) -> str:
    """Return what the file of a URI is called."""
    name = unquote(urlsplit(uri).path.rstrip("/").rpartition("/")[2], errors="replace")
    good = is_filename(name) and "/" not in name and name not in ("", ".", "..")
    return name if good else "input"
