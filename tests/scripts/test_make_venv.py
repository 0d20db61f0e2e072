"""What a newcomer without the right Python is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_venv.sh"


def make_venv(python, folder):
    return subprocess.run([SCRIPT, python, folder], capture_output=True, text=True, check=False)


def fake_python(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_a_missing_python_is_named(tmp_path):
    told = make_venv("python-of-nowhere", tmp_path / "venv")
    assert told.returncode == 1
    assert "there is no 'python-of-nowhere' here" in told.stderr


def test_an_old_python_is_refused_with_its_version(tmp_path):
    old = fake_python(tmp_path / "python3", '[ "$1" = -V ] && echo "Python 3.9.2" || exit 1')
    told = make_venv(old, tmp_path / "venv")
    assert told.returncode == 1
    assert "needs Python 3.11 or newer" in told.stderr
    assert "Python 3.9.2" in told.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_without_venv_is_told_where_to_get_it(tmp_path):
    bare = fake_python(
        tmp_path / "python3",
        f'case "$2" in *ensurepip*) exit 1;; *) exec "{sys.executable}" "$@";; esac',
    )
    told = make_venv(bare, tmp_path / "venv")
    assert told.returncode == 1
    assert "apt-get install python3-venv" in told.stderr
