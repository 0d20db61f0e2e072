from __future__ import annotations

import os

import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.service.files import is_file, is_folder, must_be_file, open_regular, whole_path

IMPOSSIBLE = ["a\0b", "~a\0b", "~nobody-of-this-name/x", "x" * 300, "a/" * 5000]


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_names_that_no_file_can_have_are_names_of_no_file(tmp_path, name):
    path = whole_path(name, str(tmp_path))
    assert not is_file(path)
    assert not is_folder(path)
    with pytest.raises(InvalidRequest, match="There is no file") as caught:
        must_be_file(path, "arguments.text", name)
    assert (caught.value.field, caught.value.value) == ("arguments.text", name)


def test_a_home_folder_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert whole_path("~/x", "/base") == tmp_path / "x"
    assert str(whole_path("x", "/base")) == "/base/x"


def test_what_is_no_regular_file_is_said(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name, said in (("pipe", "a pipe or a device"), (".", "a folder"), ("loop", "no file")):
        with pytest.raises(InvalidRequest, match=said):
            must_be_file(tmp_path / name, "f", name)


def test_opening_never_waits(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "pipe")
    (tmp_path / "file").write_text("x")
    with open_regular(tmp_path / "file") as file:
        assert file.read() == b"x"
