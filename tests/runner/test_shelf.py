"""Tests of `payloads/shelf.py`: Matplotlib imported ahead, in forks of a real process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jobs_ext.runner import payloads

pytest.importorskip("matplotlib")
_FILE = Path(payloads.__file__).with_name("shelf.py")
# Lays it aside; runs each argument in a fork of its own and prints what that says.
_PARENT = f"""
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("shelf", {str(_FILE)!r})
shelf = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shelf)
shelf.lay_matplotlib_aside()
laid = sys.meta_path[0]._modules["matplotlib"]
assert not any(name.partition(".")[0] == "matplotlib" for name in sys.modules)
assert "MPLBACKEND" not in os.environ
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
for source in sys.argv[1:]:
    pid = os.fork()
    if not pid:
        exec(source)
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0, source
"""
_ASK = """
import matplotlib
if hasattr(matplotlib, "mine"):
    print("mine")
    sys.stdout.flush()
    os._exit(0)
import matplotlib.pyplot as plt, importlib
from mpl_toolkits.mplot3d import Axes3D
matplotlib.ft2font.FT2Font
assert matplotlib.__spec__.origin and importlib.util.find_spec("matplotlib.axes")
print(matplotlib is laid, plt.matplotlib is matplotlib, matplotlib.rcParams._get("backend"),
    plt.rcParams["lines.linewidth"])
matplotlib.use("agg")
plt.plot([1, 2]); plt.savefig("a.png")
assert os.path.getsize("a.png") > 1000
"""
_INLINE = "module://matplotlib_inline.backend_inline"


def asked(folder: Path, *before: str) -> list[str]:
    """Return what forks say that did this before they imported it."""
    sources = [f"{one}\n{_ASK}" for one in before]
    command = [sys.executable, "-c", _PARENT, *sources]
    environment = {"HOME": str(folder), "MPLCONFIGDIR": str(folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_what_lies_there_is_given_when_nothing_has_changed(tmp_path: Path) -> None:
    elsewhere = "os.mkdir('sub'); os.chdir('sub'); "
    said = asked(
        tmp_path,
        "",
        "os.environ['MPLBACKEND'] = 'svg'",
        f"{elsewhere}open('matplotlibrc', 'w').write('lines.linewidth: 9')",
        "sys.path.insert(0, 'own'); os.makedirs('own/matplotlib'); "
        "open('own/matplotlib/__init__.py', 'w').write('mine = 1')",
        "open('matplotlibrc', 'w').write('lines.linewidth: 8')",
    )
    assert said == [
        f"True True {_INLINE} 1.5",
        "False True svg 1.5",
        f"False True {_INLINE} 9.0",
        "mine",
        f"False True {_INLINE} 8.0",
    ]


def test_who_asks_where_it_is_or_has_files_that_vanish_gets_what_a_fresh_process_does(
    tmp_path: Path,
) -> None:
    at = "importlib.util.find_spec('matplotlib')"
    said = asked(
        tmp_path,
        f"spec = {at}; again = {at}; assert spec.origin == again.origin; "
        "assert list(spec.submodule_search_locations) == again.submodule_search_locations",
        "os.symlink('nowhere', 'fontlist-v0.json.matplotlib-lock')",
    )
    assert said == [f"False True {_INLINE} 1.5"] * 2
