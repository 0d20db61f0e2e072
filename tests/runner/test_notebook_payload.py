"""Notebooks as jobs: parameters, progress, kept copies, failures, kernels."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from jobs_ext.model.job import Job
from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from jobs_ext.runner.payloads import notebook as payload
from tests.runner.house import WHO, House
from tests.runner.keepers import gone
from tests.waiting import until


def write(house: House, *cells: Any, name: str = "n.ipynb", kernel: str = "python3") -> Target:
    notebook = new_notebook(cells=list(cells))
    notebook.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
    nbformat.write(notebook, house.cwd / name)
    return Target(notebook=name)


def code(source: str, *tags: str) -> Any:
    return new_code_cell(source, metadata={"tags": list(tags)})


def executed(house: House, job: Job, name: str = "n.ipynb") -> Any:
    return nbformat.read(house.output(job, name), as_version=4)


def test_parameters_go_after_the_tagged_cell_typed(house: House) -> None:
    (house.cwd / "helper.py").write_text("def twice(x): return 2 * x")
    target = write(
        house,
        new_markdown_cell("# Title"),
        code("k = 1\ntext = ''", "parameters"),
        code("import helper, os\nprint(helper.twice(k), text, xs, os.getcwd())"),
    )
    tricky = '\'; import os #\n""" {x} \\'
    job = house.ended(house.submit(target, {"k": 4, "text": tricky, "xs": [1, None, True]}))
    assert job.status is Status.SUCCEEDED, house.log(job.id, "stderr")
    said = f"8 {tricky} [1, None, True] {house.cwd}\n"
    assert house.log(job.id) == said
    cells = executed(house, job).cells
    assert [payload.tags(cell) for cell in cells[1:3]] == [["parameters"], ["injected-parameters"]]
    assert cells[-1].outputs[0].text == said
    assert job.outputs[0].media_type == "application/x-ipynb+json"
    assert job.progress is not None
    assert job.progress.fraction == 1.0
    assert json.loads((house.cwd / "n.ipynb").read_text())["cells"][1]["outputs"] == []


def test_a_failing_cell_is_marked_and_named(house: House) -> None:
    target = write(house, code("a = 1"), code("print('before')"), code("1 / 0"), code("never = 1"))
    job = house.ended(house.submit(target))
    assert (job.status, job.reason_code) == (Status.FAILED, "exception")
    assert job.reason == "cell 3 failed: ZeroDivisionError: division by zero"
    cells = executed(house, job).cells
    assert payload.tags(cells[2]) == ["jobs-failed"]
    assert cells[2].outputs[0].ename == "ZeroDivisionError"
    assert cells[3].execution_count is None
    error = json.loads(house.output(job, "error.json").read_text())
    assert (error["cell"], error["type"]) == (3, "ZeroDivisionError")


def test_a_cell_that_kills_its_kernel(house: House) -> None:
    target = write(house, code("import os; os.kill(os.getpid(), 9)"))
    job = house.ended(house.submit(target))
    told = "cell 1 failed: DeadKernelError: the kernel died: killed by SIGKILL"
    assert str(job.reason).startswith(told)


def test_a_kernel_can_be_asked_for(house: House) -> None:
    target = write(house, code("1"), kernel="no-such-kernel")
    job = house.submit(target, kernel="python3")
    assert house.ended(job).status is Status.SUCCEEDED


def test_what_is_no_notebook_says_so(house: House) -> None:
    (house.cwd / "bad.ipynb").write_text("not json")
    job = house.ended(house.submit(Target(notebook="bad.ipynb")))
    assert job.status is Status.FAILED
    assert str(job.reason).startswith("NotJSONError: ")


def test_cancel_ends_the_kernel_and_keeps_the_copy(house: House) -> None:
    source = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    job = house.submit(write(house, code("x = 1"), code(source)))
    until(lambda: house.get(job).attempts and house.log(job), what="the second cell")
    kernel = int(house.log(job))
    house.service.jobs.cancel(WHO, job)
    ended = house.ended(job)
    assert ended.status is Status.CANCELLED
    assert gone(kernel)
    assert executed(house, ended).cells[0].execution_count == 1


def test_a_kernelspec_of_another_environment_means_its_own_python(tmp_path: Path) -> None:
    folder = tmp_path / "env" / "share" / "jupyter" / "kernels" / "mine"
    folder.mkdir(parents=True)
    spec = {"argv": ["python", "-m", "x"], "display_name": "Mine", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    python = str(tmp_path / "env" / "bin" / "python")
    found = payload.kernel_specs([], python).get_kernel_spec("mine")
    assert found.argv == [python, "-m", "x"]


def test_the_kernels_are_tried_in_order(tmp_path: Path) -> None:
    own = str(Path(sys.prefix, "share", "jupyter", "kernels"))
    notebook = new_notebook()
    notebook.metadata["kernelspec"] = {"name": "gone"}
    call = {"kernels": ["*", None, "python3"], "kernel_dirs": [own], "python": None}
    assert payload.find_kernel(call, notebook)[0] == "python3"
    with pytest.raises(payload.NotebookError, match=r"no kernel 'gone' here; known: .*python3"):
        payload.find_kernel(call | {"kernels": ["*"]}, notebook)


def test_no_kernel_of_another_language_stands_in() -> None:
    own = str(Path(sys.prefix, "share", "jupyter", "kernels"))
    notebook = new_notebook()
    call = {"kernels": ["*", None, "python3"], "kernel_dirs": [own], "python": None}
    notebook.metadata["kernelspec"] = {"name": "ir", "language": "R"}
    with pytest.raises(payload.NotebookError, match=r"no kernel 'ir' here; known: .*python3"):
        payload.find_kernel(call, notebook)
    assert payload.find_kernel(call | {"kernels": ["python3"]}, notebook)[0] == "python3"
    notebook.metadata["kernelspec"] = {"name": "gone", "language": "Python"}
    assert payload.find_kernel(call, notebook)[0] == "python3"


def test_a_parameter_that_the_tagged_cell_does_not_know_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tagged = code("month: str\nyear = 2026", "parameters")
    payload.inject(new_notebook(cells=[tagged]), {"month": "May", "year": 1}, "python")
    assert capsys.readouterr().err == ""
    payload.inject(new_notebook(cells=[tagged]), {"month": "May", "yaer": 1}, "python")
    assert "does not mention yaer." in capsys.readouterr().err


def test_an_earlier_runs_parameters_are_replaced() -> None:
    old = code("k = 1", "injected-parameters")
    notebook = new_notebook(cells=[code("k = 0", "parameters"), old, code("k")])
    payload.inject(notebook, {"k": 2}, "python")
    assert [cell.source for cell in notebook.cells] == [
        "k = 0",
        "# Parameters of this job\nk = 2",
        "k",
    ]


def test_without_a_tagged_cell_they_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    notebook = new_notebook(cells=[code("k")])
    payload.inject(notebook, {"k": 2}, "python")
    assert notebook.cells[0].source.endswith("k = 2")
    assert "No cell is tagged 'parameters': k" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["class", "2x", "a b", "x; import os"])
def test_a_parameter_must_be_a_name(name: str) -> None:
    with pytest.raises(payload.NotebookError, match="can't be a parameter"):
        payload.assignments({name: 1})


def test_values_are_literals() -> None:
    values = {"a": None, "b": [True, {"x": "\"'\n\\"}], "c": 1.5, "d": "'''"}
    tree = ast.parse(payload.assignments(values))
    found = {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body}  # type: ignore[attr-defined]
    assert found == values


def test_another_language_is_refused() -> None:
    with pytest.raises(payload.NotebookError, match="in R"):
        payload.inject(new_notebook(cells=[]), {"k": 1}, "R")


def test_kernels_are_forked_and_nothing_leaks(house: House) -> None:
    leaky = """
import builtins, json, os, random, sys
left = [name for name in ("mine",) if name in globals() or hasattr(builtins, name)]
left += [name for name in ("MINE",) if name in os.environ]
left += [name for name in ("mine",) if hasattr(json, name)]
forked = "/warm.py\\0fork" in open("/proc/self/cmdline").read()
print(random.random(), os.getcwd(), sys.path.count("mine"), left, forked)
mine = builtins.mine = json.mine = 1
os.environ["MINE"] = "1"
os.chdir("/")
sys.path.append("mine")
"""
    target = write(house, code(leaky))
    said = [house.log(house.ended(house.submit(target)).id).split(maxsplit=1) for _ in range(3)]
    assert {what for _, what in said} == {f"{house.cwd} 0 [] {sys.platform == 'linux'}\n"}
    assert len({number for number, _ in said}) == 3
    assert "--existing" not in str(said)


def test_a_module_beside_the_notebook_is_read_anew(house: House) -> None:
    target = write(house, code("import beside; print(beside.n)"))
    for n in (1, 22):
        (house.cwd / "beside.py").write_text(f"n = {n}")
        assert house.log(house.ended(house.submit(target)).id) == f"{n}\n"


def test_forked_and_fresh_kernels_are_alike(house: House) -> None:
    source = """
import json, os, signal, sys
ours = ("JOBS_ID", "JOBS_OUTPUT_DIR", "JOBS_CHECKPOINT_DIR", "JOBS_PROGRESS",
        "JPY_PARENT_PID", "JUPYTER_")
print(json.dumps({
    "path": sys.path, "argv": len(sys.argv), "session": os.getsid(0) == os.getpid(),
    "term": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "name": __name__,
    "environment": {k: v for k, v in os.environ.items() if not k.startswith(ours)},
    "connected": sys.argv[-3:-1], "stdin": os.path.isfile("/dev/stdin"),
}))
"""
    target = write(house, code(source))
    forked = json.loads(house.log(house.ended(house.submit(target)).id))
    fresh = json.loads(house.log(house.ended(house.submit(target, env={"PYTHONHASHSEED": "0"})).id))
    assert fresh["environment"].pop("PYTHONHASHSEED") == "0"
    assert forked.pop("connected")[0] == fresh.pop("connected")[0] == "-f"
    assert forked == fresh
