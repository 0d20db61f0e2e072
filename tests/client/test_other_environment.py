"""A kernel in an environment of its own: what the client needs, and nothing else of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .kernels import Kernel

ROOT = Path(__file__).parents[2]
NEEDS = ["requests", "msgspec", "cloudpickle", "ipywidgets", "anywidget", "ipykernel"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """The interpreter of a new environment."""
    folder = tmp_path_factory.mktemp("other") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    subprocess.run([*pip, *NEEDS], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "jobs_ext.pth").write_text(f"{ROOT}\n")
    return python


@pytest.fixture(scope="module")
def kernel(server, environment):
    """A kernel of that environment, started by the server of this one."""
    spec = server.home / "data" / "kernels" / "other" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [str(environment), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "Other", "language": "python"}))
    kernel = Kernel(server, "other")
    kernel.run(f"import os; os.chdir({str(server.work)!r}); import jobs_ext as jx")
    yield kernel
    kernel.close()


@pytest.mark.timeout(400)  # the environment is made first
def test_a_sweep_runs_under_the_interpreter_of_the_kernel(kernel, environment):
    kernel.run("def where(k):\n    import sys\n    return {'k': k, 'python': sys.executable}")
    kernel.run("batch = jx.map(where, range(4))")
    found = json.loads(kernel.value("__import__('json').dumps(batch.results(timeout=100))"))
    assert [one["k"] for one in found] == [0, 1, 2, 3]
    assert {one["python"] for one in found} == {str(environment)}


@pytest.mark.timeout(400)
def test_what_this_environment_lacks_is_said(kernel):
    kernel.run("def frame(k):\n    import pandas\n    return pandas.DataFrame({'k': [k]})")
    kernel.run("job = jx.submit(frame, 1).wait(100)")
    assert kernel.value("job.status, job.reason_code") == "FAILED import_error"
    assert "pandas" in kernel.value("job.reason")


@pytest.mark.timeout(400)
def test_a_tool_runs_on_the_server_and_its_table_is_read_here(kernel):
    kernel.run("open('words.txt', 'w').write('a b\\nc\\n')")
    kernel.run("batch = jx.map('wc', jx.grid(lines_only=[True, False]), text='words.txt')")
    kernel.run("_ = batch.wait(100)")
    assert kernel.value("batch.counts['SUCCEEDED']") == "2"
    assert kernel.value("batch[0].outputs['counts'].text().split()[0]") == "2"
