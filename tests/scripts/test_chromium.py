"""Where the browser tests get their browser: it is there, it may be installed, or it is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "chromium.sh"
RUNS = "exit 0"


@pytest.fixture
def system(tmp_path):
    """A system whose only programs are those given, by name and body."""

    def run(**programs):
        for name, body in programs.items():
            program = tmp_path / name.replace("_", "-")
            program.write_text(f"#!/bin/sh\n{body}\n")
            program.chmod(0o755)
        return subprocess.run(
            ["/bin/sh", SCRIPT],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_one_that_is_there_is_named(system, tmp_path):
    assert system(google_chrome=RUNS).stdout == f"{tmp_path}/google-chrome\n"


def test_one_that_does_not_run_is_none(system):
    told = system(chromium="exit 1", id="echo 1000")
    assert (told.returncode, told.stdout) == (1, "")


def test_root_with_apt_gets_one(system, tmp_path):
    place = tmp_path / "chromium"
    install = f"[ $1 = update ] || {{ echo '#!/bin/sh' > {place}; /bin/chmod +x {place}; }}"
    told = system(id="echo 0", apt_get=install)
    assert (told.returncode, told.stdout) == (0, f"{place}\n")


def test_others_are_told_what_it_would_take(system):
    told = system(id="echo 1000", apt_get=RUNS)
    assert told.returncode == 1
    assert "takes root and apt" in told.stderr


def test_an_installation_that_brings_nothing_is_said(system):
    told = system(id="echo 0", apt_get=RUNS)
    assert told.returncode == 1
    assert "gave no Chromium that runs" in told.stderr
