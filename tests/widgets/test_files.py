from __future__ import annotations

import ipywidgets as w
import pytest

from jobs_ext.widgets.files import Picker, names_in


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").touch()
    (tmp_path / "b.csv").touch()
    (tmp_path / ".hidden").touch()
    return tmp_path


def test_folders_come_first_and_hidden_names_not_at_all(folder):
    assert names_in(folder) == ["data/", "b.csv"]
    assert names_in(folder / "nowhere") == []


def test_a_file_is_found_through_its_folders(folder):
    text = w.Text()
    picker = Picker(text, folder, multiple=False)
    assert picker.layout.display == "none"
    picker.toggle.value = True
    assert picker.layout.display == ""
    for name in ("data/", "../", "data/", "a.csv"):
        picker._list.value = name
        picker.choose()
    assert text.value == "data/a.csv"
    assert picker.toggle.value is False


def test_several_files_are_gathered(folder):
    text = w.Textarea()
    picker = Picker(text, folder, multiple=True)
    picker.toggle.value = True
    for name in ("b.csv", "data/", "a.csv"):
        picker._list.value = name
        picker.choose()
    assert text.value == "b.csv\ndata/a.csv"
