"""Folders that jobs mount: which may be, and for whom."""

from __future__ import annotations

import pytest

from jobs_ext.model.errors import Forbidden, InvalidRequest, NotFound
from jobs_ext.model.request import BatchRequest, Options
from jobs_ext.service import Principal

ONLY_TOOLS = Principal("bob", frozenset({"read", "submit"}))


def test_mounts_of_a_private_folder(submit, tool, tmp_path):
    (tmp_path / "shared").mkdir()
    mounts = {"data/a": str(tmp_path / "shared"), "data/b": str(tmp_path)}
    assert submit(cwd="private", mounts=mounts).options["mounts"] == mounts
    assert submit(tool, {"text": str(tmp_path / "data.txt")}, mounts=mounts)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        *((name, "") for name in ("", "/abs", "../up", "a/../b", "a//b", ".", "x" * 300, "a\0")),
        ("a", "relative"),
        ("a", "/no/where"),
        ("a", "/etc/passwd"),
        ("a", "/a\0"),
    ],
)
def test_mounts_that_can_not_be(submit, tmp_path, name, folder):
    with pytest.raises(InvalidRequest) as caught:
        submit(cwd="private", mounts={name: folder or str(tmp_path)})
    assert caught.value.field.startswith("options.mounts")


def test_names_that_are_in_each_others_way(submit, tmp_path):
    here = str(tmp_path)
    (tmp_path / "in").write_text("")
    for options in (
        {"mounts": {"a": here, "a/b": here}},
        {"mounts": {"in": here}, "inputs": [str(tmp_path / "in")]},
        {"mounts": {f"m{n}": here for n in range(101)}},
    ):
        with pytest.raises(InvalidRequest):
            submit(cwd="private", **options)
    with pytest.raises(InvalidRequest, match="private"):
        submit(mounts={"a": here})


def test_who_may_only_submit_mounts_their_own_file_systems(service, tool, tmp_path):
    own = service.filesystems.create(ONLY_TOOLS, "disk")
    other = service.filesystems.create(Principal.all("ada"), "disk")
    argument_sets = [{"text": str(tmp_path / "data.txt")}]

    def submit(folder, name="filesystems/disk"):
        options = Options(mounts={name: str(folder)})
        request = BatchRequest(tool, argument_sets, options=options)
        return service.batches.submit(ONLY_TOOLS, request)

    assert submit(own).options["mounts"] == {"filesystems/disk": str(own)}
    for name in ("numpy", "google/protobuf", "filesystems", ".hidden"):  # which may be imported
        with pytest.raises(Forbidden, match="filesystems/NAME"):
            submit(own, name)
    (own / "out").symlink_to(tmp_path)
    for folder in (tmp_path, other, own / "out", own / ".." / ".."):
        with pytest.raises(Forbidden):
            submit(folder)


def test_nobody_sees_the_file_systems_of_others(service, who):
    service.filesystems.create(who, "mine")
    for call in (
        lambda: service.filesystems.folder(ONLY_TOOLS, "mine"),
        lambda: service.filesystems.list(ONLY_TOOLS, "mine", ""),
        lambda: service.filesystems.find(ONLY_TOOLS, "mine", "x"),
        lambda: service.filesystems.make_folder(ONLY_TOOLS, "mine", "x"),
        lambda: service.filesystems.pieces.begin(ONLY_TOOLS, "mine", "x", 1),
    ):
        with pytest.raises(NotFound):
            call()


def test_links_that_jobs_made_lead_nowhere(service, who, tmp_path):
    folder = service.filesystems.create(who, "disk")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "x").write_text("x")
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "file").symlink_to(tmp_path / "secret" / "x")
    (folder / "in").mkdir()
    (folder / "near").symlink_to(folder / "in")
    files = service.filesystems
    assert files.list(who, "disk", "") == (["in", "near"], [])
    for path in ("out/x", "file", "out/../file"):
        with pytest.raises((NotFound, InvalidRequest)):
            files.find(who, "disk", path)
    for change in (files.make_folder, files.remove):
        with pytest.raises(InvalidRequest):
            change(who, "disk", "out/x")
    files.remove(who, "disk", "out")
    assert (tmp_path / "secret" / "x").exists(), "the link went, not what it leads to"
