"""The sanity rule of Analytics Automated: texts that could be code are refused, to be quite sure.

No tool here needs it, since nothing that is given is ever parsed by a shell. It holds for a tool
that says ``sanity = true``, and for all that comes by the dialect of that system.
"""

from __future__ import annotations

import keyword
import os
import string
from functools import cache
from pathlib import Path
from typing import Any

from ..model.errors import InvalidRequest

_MARKS = frozenset(string.punctuation + string.whitespace) - {"."}
_PYTHON = frozenset(keyword.kwlist) - {"in"}
_RESERVED_IN_R = frozenset(
    (
        "if",
        "else",
        "repeat",
        "while",
        "function",
        "for",
        "next",
        "break",
        "NULL",
        "Inf",
        "NaN",
        "NA",
    )
)
_CONSTANTS_OF_R = frozenset(("T", "F", "pi", "letters", "LETTERS", "month.abb", "month.name"))
_R_FUNCTIONS = Path(__file__).with_name("r_functions.txt")
_FOLDERS = (
    *(b"/bin/", b"/usr/bin/", b"/sbin/", b"/usr/sbin/"),
    *(b"/usr/local/bin/", b"/usr/local/sbin/", b"/opt/"),
)
_LONGEST_NAME = 255  # of a file


def looks_like_code(text: str) -> str:
    """Return as what a value is refused, ``""`` when it is good.

    As the original does: any punctuation mark or blank but a dot, and, as whole words, the
    keywords of Python (but ``in``), what R's base package and language name (but TRUE and
    FALSE), and the programs of this machine. The empty text is good.
    """
    if not _MARKS.isdisjoint(text):
        return "punctuation"
    if text in _PYTHON:
        return "python keywords"
    if text in _words_of_r():
        return "R keywords"
    return "unix commands" if _is_program(text) else ""


def check_sanity(value: Any, field: str) -> None:
    """Raise `InvalidRequest` for a text, or one in a list, that looks like code."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and (kind := looks_like_code(one)):
            raise InvalidRequest(
                f"{field} can not contain {kind}.",
                field=field,
                value=one,
                hint="This tool takes words and numbers only, and none that means something to a "
                "shell, to Python or to R.",
            )


@cache
def _words_of_r() -> frozenset[str]:
    lines = _R_FUNCTIONS.read_text().splitlines()
    functions = [word for line in lines if not line.startswith("#") for word in line.split()]
    return _RESERVED_IN_R | _CONSTANTS_OF_R | frozenset(functions)


def _is_program(word: str) -> bool:
    """Tell whether a program of this machine is called so."""
    name = word.encode("utf-8", "replace")  # what is no Unicode names none
    if not name or b"\0" in name or len(name) > _LONGEST_NAME:
        return False
    return any(os.path.isfile(folder + name) for folder in _FOLDERS)  # noqa: PTH113 - hot
