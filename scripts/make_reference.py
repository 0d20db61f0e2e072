"""Write docs/reference/ from the code, so that it can't say anything else; ``--check`` compares."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from reference import commands, filters, names, routes, words

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTICE = "<!-- Written by scripts/make_reference.py from the code: change that, not this. -->\n"
PAGES = {
    "command-line.md": commands.command_line,
    "configuration.md": names.configuration,
    "filters.md": filters.filters,
    "http.md": routes.http,
    "notifications.md": words.notifications,
    "permissions.md": words.permissions,
    "python.md": names.python,
    "statuses.md": words.statuses,
    "tools.md": words.tools,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` name those that are not what the code says."""
    stale = []
    for name, page in PAGES.items():
        text, file = (
            NOTICE + "\n" + re.sub(r"\n{3,}", "\n\n", page()).strip() + "\n",
            REFERENCE / name,
        )
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                file.write_text(text, encoding="utf-8")
    if stale and "--check" in arguments:
        print(f"Not what the code says: {', '.join(stale)}. Run python scripts/make_reference.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
