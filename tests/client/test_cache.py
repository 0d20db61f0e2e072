"""Running the same cell again, with `cache="reuse"`: what is equal is taken, and it is said."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd

import jobs_ext as jx
from jobs_ext.client.pickling import code_hash

SOURCE = """
from dataclasses import dataclass
FACTOR = {factor}
class Held:
    def __init__(self, x):
        self.x = x
@dataclass
class Record:
    held: Held
    def twice(self):
        return Held(self.held.x * 2).x
def helper(x):
    return x * FACTOR if x in {{1, 2, 3}} else "abc" in {{"abc", "def"}}
def work(x, frame=None):
    return [helper(x) for _ in range(2)]
def with_records(record):
    return Record(record.held).twice()
"""
HASHED = """
import sys
from jobs_ext.client.pickling import code_hash
exec(compile(sys.argv[1], sys.argv[2], "exec"), globals())
print([code_hash(one) for one in (work, with_records, Record(Held(1)))])
"""


def defined(factor=2, file="<cell 1>"):
    """Return the function as a cell defines it, in the notebook's own module."""
    space = vars(sys.modules["__main__"])
    exec(compile(SOURCE.format(factor=factor), file, "exec"), space)
    return space["work"]


def test_the_same_call_is_not_made_twice(client, capsys):
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    again = jx.options(cache="reuse")
    first = again.submit(defined(), 1, frame=frame)
    assert first.result(60) == [2, 2]
    assert (first.reused, capsys.readouterr().err) == (False, "")
    second = again.submit(defined(file="<cell 7>"), 1, frame=frame.copy())
    assert second.reused
    assert "work: not run again, taken over from" in capsys.readouterr().err
    assert second.result(60) == [2, 2]
    assert second.outputs["result.json"].path != first.outputs["result.json"].path
    assert again.submit(defined(factor=3), 1, frame=frame).result(60) == [3, 3]
    assert not again.submit(defined(), 1, frame=frame + 1).reused
    assert not jx.submit(defined(), 1, frame=frame).reused


def test_instances_of_a_class_that_was_defined_anew_are_the_same(client, capsys):
    defined()
    space = vars(sys.modules["__main__"])
    again = jx.options(cache="reuse")
    first = again.submit(space["with_records"], space["Record"](space["Held"](4)))
    assert first.result(60) == 8
    defined(file="<cell 9>")  # classes of their own, as the next kernel has them
    second = again.submit(space["with_records"], space["Record"](space["Held"](4)))
    assert second.reused
    assert second.result(60) == 8
    assert not again.submit(space["with_records"], space["Record"](space["Held"](5))).reused


def test_of_a_larger_sweep_only_the_new_jobs_run(client, capsys):
    again = jx.options(cache="reuse", name="swept")
    assert again.map(defined(5), [1, 2]).results(60) == [[5, 5], [10, 10]]
    assert capsys.readouterr().err == ""
    larger = again.map(defined(5), [2, 3, 1])
    assert larger.results(60) == [[10, 10], [15, 15], [5, 5]]
    assert larger.reused == 2
    assert capsys.readouterr().err == "swept: 2 of 3 jobs not run again: reused.\n"
    assert [job.reused for job in larger] == [True, False, True]
    assert not larger[0].rerun().reused


def test_code_is_the_same_in_the_next_kernel(client):
    told = {
        subprocess.run(
            [sys.executable, "-c", HASHED, "\n" * lines + SOURCE.format(factor=2), file],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for lines, file, seed in ((0, "<a>", "1"), (9, "<b>", "2"))
    }
    assert len(told) == 1
    assert code_hash(defined()) != code_hash(defined(3))
