"""Arguments that stand for files."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from jobs_ext.model.work import Fingerprint
from jobs_ext.runner.failure import ChangedInput, MissingInput
from jobs_ext.runner.inputs import resolve
from tests.runner.house import WHO, House
from tests.runner.test_collect import make


def test_inputs_of_one_name_lie_apart(tmp_path: Path) -> None:
    one = make(tmp_path, {})
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "-t.txt").write_text(folder)
    arguments = {"a": "x/-t.txt", "b": [str(tmp_path / "y" / "-t.txt")], "c": None, "k": "x/-t.txt"}
    work = msgspec.structs.replace(one.work, arguments=arguments)
    found = resolve(work, one.at, frozenset("abc"))
    assert found == {"a": "./-t.txt", "b": ["input-1/-t.txt"], "c": None, "k": "x/-t.txt"}
    assert (one.at.work / found["b"][0]).read_text() == "y"


@pytest.mark.parametrize("name", ["numpy.py", "json.PYC", "fast.so", ".Rprofile"])
def test_no_program_loads_an_input_unasked(tmp_path: Path, name: str) -> None:
    """A kernel imports, and R begins with, what lies in the folder that it runs in."""
    one = make(tmp_path, {})
    (tmp_path / name).write_text("print('mine')")
    work = msgspec.structs.replace(one.work, arguments={"a": name})
    assert resolve(work, one.at, frozenset("a")) == {"a": f"input-1/{name}"}


def test_a_tool_writes_into_no_input(tmp_path: Path) -> None:
    """What one job of a tool made, the next one may read: a link of that name would be written."""
    one = make(tmp_path, {})
    (tmp_path / "made.txt").write_text("earlier")
    work = msgspec.structs.replace(one.work, arguments={"a": ["made.txt", "made.txt"]})
    found = resolve(work, one.at, frozenset("a"), frozenset({"made.txt", "*.csv"}))
    assert found == {"a": ["input-1/made.txt", "input-2/made.txt"]}


def test_a_path_is_read_as_at_the_submit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``~`` that does not stand first is a folder of this name."""
    one = make(tmp_path, {})
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / "t.txt").write_text("t")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    work = msgspec.structs.replace(one.work, arguments={"a": "./~/t.txt"})
    resolve(work, one.at, frozenset("a"))
    assert (one.at.work / "t.txt").read_text() == "t"


@pytest.mark.timeout(20)  # a look at each of the folders before it would take minutes
def test_thousands_of_inputs_of_one_name(tmp_path: Path) -> None:
    one = make(tmp_path, {})
    (tmp_path / "t.txt").write_text("t")
    work = msgspec.structs.replace(one.work, arguments={"a": ["t.txt"] * 5000})
    found = resolve(work, one.at, frozenset("a"))
    assert found == {"a": ["t.txt", *(f"input-{n}/t.txt" for n in range(1, 5000))]}


def test_references_become_paths_wherever_they_stand(tmp_path: Path) -> None:
    one = make(tmp_path)
    (tmp_path / "made").write_text("m")
    (tmp_path / "sent").write_text("s")
    output = {"$output": {"job": "i", "name": "n"}}
    arguments = {"deep": {"list": [1, output]}, "up": {"$part": "p", "filename": "a/b c.txt"}}
    work = msgspec.structs.replace(
        one.work,
        arguments=arguments,
        parts={"p": str(tmp_path / "sent")},
        outputs_of={"i/n": str(tmp_path / "made")},
    )
    found = resolve(work, one.at, frozenset())
    assert found["deep"] == {"list": [1, str(tmp_path / "made")]}
    assert found["up"] == str(one.at.request / "b c.txt")
    assert Path(found["up"]).read_text() == "s"


def test_a_functions_uploads_are_its_own_to_read(tmp_path: Path) -> None:
    one = make(tmp_path)
    sent: dict[str, Any] = {"x": {"$part": "p"}}
    work = msgspec.structs.replace(one.work, target=Target(function="f"), arguments=sent)
    assert resolve(work, one.at, frozenset()) == sent


@pytest.mark.parametrize(
    ("target", "place", "is_value"),
    [
        (Target(function="f"), "019a8f/019a8f2e-1/result.json", True),
        (Target(function="f"), "019a8f/019a8f2e-1.result.pickle", True),  # its folder is passed on
        (Target(function="f"), "019a8f/019a8f2e-1.x.pickle", False),
        (Target(function="f"), "019a8f/019a8f2e-1/work/result.json", False),  # a tool made it
        (Target(function="f"), "019a8f/019a8f2e-given/result.json", False),  # a node gave it
        (Target(function="f"), "019a8f/019a8f2e-1/stdout", False),
        (Target(command=["f"]), "019a8f/019a8f2e-1/result.json", False),
    ],
)
def test_of_another_function_a_function_gets_the_value_else_it_is_a_path(
    tmp_path: Path, target: Target, place: str, *, is_value: bool
) -> None:
    one = make(tmp_path / "jobs" / "019b00")
    made = tmp_path / "jobs" / place
    made.parent.mkdir(parents=True)
    made.write_text("1")
    sent: dict[str, Any] = {"x": [{"$output": {"job": "i"}}]}
    work = msgspec.structs.replace(
        one.work, target=target, arguments=sent, outputs_of={"i/": str(made)}
    )
    assert resolve(work, one.at, frozenset()) == (sent if is_value else {"x": [str(made)]})


@pytest.mark.parametrize("filename", ["..", "../..", "/", "", None])
def test_an_uploads_name_does_not_lead_out(tmp_path: Path, filename: str | None) -> None:
    one = make(tmp_path, {})
    (tmp_path / "sent").write_text("s")
    sent = {"a": {"$part": "p", "filename": filename}}
    work = msgspec.structs.replace(one.work, arguments=sent, parts={"p": str(tmp_path / "sent")})
    assert resolve(work, one.at, frozenset("a")) == {"a": "sent"}


def test_what_is_gone_is_named(tmp_path: Path) -> None:
    one = make(tmp_path, {})
    work = msgspec.structs.replace(one.work, arguments={"a": "no.txt"})
    with pytest.raises(MissingInput, match=r"the input a is gone: .*/no\.txt"):
        resolve(work, one.at, frozenset("a"))


def test_an_input_that_was_edited_is_refused(tmp_path: Path) -> None:
    one = make(tmp_path, {})
    file = tmp_path / "t.txt"
    file.write_text("abc")
    known = Fingerprint.of(file.stat())
    hashed = msgspec.structs.replace(known, sha256=hashlib.sha256(b"abc").hexdigest())

    def staged(fingerprint: Fingerprint) -> object:
        shutil.rmtree(one.at.work)
        one.at.work.mkdir()
        inputs = {str(file): fingerprint}
        work = msgspec.structs.replace(one.work, arguments={"a": str(file)}, inputs=inputs)
        return resolve(work, one.at, frozenset("a"))

    assert staged(known) == {"a": "t.txt"}
    os.utime(file, ns=(0, 0))
    assert staged(hashed) == {"a": "t.txt"}  # only touched
    with pytest.raises(ChangedInput, match="the input a was edited"):
        staged(known)
    for text in ("abd", "abcd"):
        file.write_text(text)
        with pytest.raises(ChangedInput) as caught:
            staged(hashed)
        assert caught.value.code == "input_changed"


def test_a_job_whose_input_was_edited_before_it_started_says_so(house: House) -> None:
    file = house.cwd / "t.txt"
    file.write_text("abc")
    job = house.command("cat", "t.txt", cwd="private", inputs=[str(file)], hold=True)
    file.write_text("edited")
    house.service.jobs.release(WHO, job)
    ended = house.ended(job)
    assert (ended.status, ended.reason_code) == (Status.FAILED, "input_changed")
    assert str(file) in str(ended.reason)
    again = house.service.jobs.rerun(WHO, job).id
    assert house.ended(again).status is Status.SUCCEEDED
    assert house.log(again) == "edited"


def test_mounted_folders_are_read_and_written(house: House, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "in.txt").write_text("from outside\n")
    script = "cat data/in.txt; echo back > data/out.txt; echo own > own.txt"
    job = house.ended(house.shell(script, cwd="private", mounts={"data": str(shared)}))
    assert house.log(job.id) == "from outside\n"
    assert (shared / "out.txt").read_text() == "back\n"
    assert [output.name for output in job.outputs] == ["own.txt"], "what is shared is not its own"


def test_a_folder_to_mount_that_is_gone(house: House, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    mounts = {"data": str(tmp_path / "shared")}
    job = house.shell("true", cwd="private", mounts=mounts, hold=True)
    (tmp_path / "shared").rmdir()
    house.service.jobs.release(WHO, job)
    assert house.ended(job).reason_code == "missing_input"
