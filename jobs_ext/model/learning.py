"""Structs, learnt by msgspec before threads use them.

It learns a class when that is decoded for the first time. Where two threads begin with that at
once, the one that comes second finds half of it: the process ends by SIGSEGV (seen in 0.22.0).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from threading import Lock

from msgspec import Struct
from msgspec.json import Decoder

_PACKAGE = __name__.partition(".")[0]
_LOCK = Lock()


def learn_structs() -> None:
    """Let msgspec learn all our structs that have been imported; for before threads decode them."""
    with _LOCK:
        for kind in _below(Struct):
            if kind.__module__.partition(".")[0] == _PACKAGE:
                with contextlib.suppress(TypeError):  # of what JSON can't hold: nobody decodes it
                    Decoder(kind)


def _below(kind: type[Struct]) -> Iterator[type[Struct]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
