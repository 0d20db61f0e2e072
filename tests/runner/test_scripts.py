"""How script files are started."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs_ext.runner.failure import CannotStart
from jobs_ext.runner.scripts import script_command


@pytest.mark.parametrize(
    ("name", "text", "mode", "insist", "words"),
    [
        ("s.py", "", 0o644, False, ["PY", "FILE"]),
        ("s.py", "#!/usr/bin/env python\n", 0o755, False, ["FILE"]),
        ("s.py", "#!/usr/bin/env python\n", 0o644, False, ["PY", "FILE"]),
        ("s.py", "#!/usr/bin/env python\n", 0o755, True, ["PY", "FILE"]),
        ("s.py", "", 0o755, False, ["PY", "FILE"]),
        ("s.sh", "", 0o644, False, ["bash", "FILE"]),
        ("s.sh", "", 0o755, False, ["bash", "FILE"]),
        ("s.sh", "#!/bin/sh -e\n", 0o644, False, ["/bin/sh", "-e", "FILE"]),
        ("s.R", "", 0o644, False, ["Rscript", "FILE"]),
        ("s", "#! /usr/bin/env perl -w\n", 0o644, False, ["/usr/bin/env", "perl -w", "FILE"]),
        ("s", "\x7fELF", 0o755, False, ["FILE"]),
    ],
)
def test_how_it_starts(
    tmp_path: Path, name: str, text: str, mode: int, insist: bool, words: list[str]
) -> None:
    file = tmp_path / name
    file.write_text(text)
    file.chmod(mode)
    said = {"FILE": str(file), "PY": "python3.x"}
    assert script_command(file, "python3.x", insist=insist) == [said.get(w, w) for w in words]


def test_nothing_says_how(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("x")
    with pytest.raises(CannotStart, match="neither a #! line nor its suffix"):
        script_command(file, "python", insist=False)
