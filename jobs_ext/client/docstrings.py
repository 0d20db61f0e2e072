"""What the docstring of a function or class says: a summary, and a line for each parameter."""

from __future__ import annotations

import re

_SECTION = re.compile(
    r"^\s*(Args|Arguments|Attributes|Parameters|Params):?\s*(?:\n\s*-{3,}\s*)?$", re.MULTILINE
)
_GOOGLE = re.compile(r"^\s*\*{0,2}(\w+)\s*(?:\([^)]*\))?:\s+(\S.*)$")
_NUMPY = re.compile(r"^\s*(\w+)\s+:\s.*$")
_SPHINX = re.compile(r"^\s*:param\s+(?:[\w.\[\], ]+\s)?(\w+):\s*(\S.*)$")


def read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """Return the summary, and what is said of each parameter (Google, NumPy or Sphinx style)."""
    section = _SECTION.search(text)
    head = text[: section.start()] if section else text
    summary = " ".join(head.split("\n\n")[0].split())
    told = {found[1]: found[2] for line in text.splitlines() if (found := _SPHINX.match(line))}
    lines = text[section.end() :].splitlines() if section else []
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        if match := _NUMPY.match(line):
            told[match[1]] = following.strip()
        elif match := _GOOGLE.match(line):
            told[match[1]] = match[2].strip()
    return (summary if not _SPHINX.match(summary) else ""), told
