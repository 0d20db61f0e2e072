from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import pytest

from jobs_ext.model.errors import InvalidRequest, TooLarge
from jobs_ext.model.request import Context, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.service import JobQuery, Upload
from tests.service.runs import claim

ECHO = Target(command=["echo", "{k}"])


def refused(submit, *args, **kwargs):
    with pytest.raises(InvalidRequest) as caught:
        submit(*args, **kwargs)
    return caught.value


def test_a_job_is_queued_at_once_and_its_history_shows_every_step(submit, service, who):
    job = submit(arguments={"k": "a"})
    assert job.status is Status.RUNNABLE
    assert job.reason == "waiting for a free slot: it is next"
    assert (job.name, job.target.kind, job.owner) == ("echo {k}", "command", "ada")
    history = service.jobs.history(who, job.id)
    assert [event.type for event in history] == ["submitted", "status"]
    assert history[1].data == {"from": "SUBMITTED", "status": "RUNNABLE"}


def test_a_job_survives_the_service(submit, open_service, who):
    job = submit()
    assert open_service().jobs.get(who, job.id) == job


def test_defaults_of_a_tool_are_filled_in(submit, tool):
    job = submit(tool, {"text": "data.txt"})
    assert job.target.name == "count-1.0"
    assert job.arguments == {"lines_only": False, "mode": "quick", "depth": 1, "text": "data.txt"}


def test_the_runner_gets_whole_paths(submit, service, tool, tmp_path):
    submit(tool, {"text": "data.txt"})
    (work,) = claim(service)
    assert work.arguments["text"] == str(tmp_path / "data.txt")
    assert work.context.python == sys.executable


def test_a_tool_is_run_as_it_was_at_submit(submit, service, tool, tmp_path):
    submit(tool, {"text": "data.txt"})
    (tmp_path / "tools" / "count.toml").unlink()
    (work,) = claim(service)
    assert work.tool["command"] == ["wc", "{lines_only}", "{text}"]


WRONG_ARGUMENTS = [
    ({}, "arguments.text", None, "Give text="),
    ({"text": "gone.txt"}, "arguments.text", "gone.txt", ""),
    ({"text": "dta.txt"}, "arguments.text", "dta.txt", "Did you mean 'data.txt'"),
    ({"text": 3}, "arguments.text", 3, "path"),
    ({"text": "."}, "arguments.text", ".", ""),
    ({"text": "data.txt", "lines": True}, "arguments.lines", True, "'lines_only'"),
    ({"text": "data.txt", "lines_only": "yes"}, "arguments.lines_only", "yes", "true or false"),
    ({"text": "data.txt", "mode": "quikc"}, "arguments.mode", "quikc", "Did you mean 'quick'"),
    ({"text": "data.txt", "mode": "z"}, "arguments.mode", "z", "quick, slow"),
    ({"text": "data.txt", "depth": 0}, "arguments.depth", 0, "at least 1"),
    ({"text": "data.txt", "depth": "1"}, "arguments.depth", "1", "an integer"),
    ({"text": {"$part": "x"}}, "arguments.text", "x", ""),
    ({"text": {"$output": {"job": "x"}}}, "arguments.text", {"job": "x"}, "$output"),
    ({"text": {"$output": {"name": "x"}}}, "arguments.text", {"name": "x"}, "$output"),
    ({"text": "a\0b"}, "arguments.text", "a\0b", ""),
    ({"text": "x" * 300}, "arguments.text", "x" * 300, ""),
    ({"text": {"$part": "x", "job": "y"}}, "arguments.text", {"$part": "x", "job": "y"}, "$part"),
]


@pytest.mark.parametrize(("arguments", "field", "value", "hint"), WRONG_ARGUMENTS)
def test_a_wrong_argument_is_named(submit, service, who, tool, arguments, field, value, hint):
    error = refused(submit, tool, arguments)
    assert (error.field, error.value) == (field, value)
    assert hint in error.hint
    assert service.jobs.list(who, JobQuery()).items == []


WRONG_OPTIONS = [
    ({"cpu": 64}, "options.cpu", "at most 4"),
    ({"cpu": 0}, "options.cpu", ""),
    ({"cpu": float("nan")}, "options.cpu", ""),
    ({"memory": "64GB"}, "options.memory", "at most 8.0 GB"),
    ({"memory": "much"}, "options.memory", ""),
    ({"timeout": "soon"}, "options.timeout", ""),
    ({"timeout": 0}, "options.timeout", ""),
    ({"retries": -1}, "options.retries", "from 0"),
    ({"priority": 10**9}, "options.priority", ""),
    ({"on_lost": "retyr"}, "options.on_lost", "Did you mean 'retry'"),
    ({"executor": "slurm"}, "options.executor", "local"),
    ({"python": sys.executable}, "options.python", "into the command"),
    ({"kernel": "python3"}, "options.kernel", "Leave it out"),
    ({"workers": "shared"}, "options.workers", "Submit a batch"),
    ({"workers": "share"}, "options.workers", "shared"),
    ({"cpu": 1e-300}, "options.cpu", ""),
    ({"max_running": 10**30}, "options.max_running", ""),
    ({"cwd": "/" + "x" * 300}, "options.cwd", ""),
    ({"cwd": "/no/such/folder"}, "options.cwd", ""),
    ({"cwd": "sub"}, "options.cwd", "absolute"),
    ({"inputs": ["a.txt"]}, "options.inputs", "private"),
    ({"inputs": ["a.txt"], "cwd": "private"}, "options.inputs[0]", ""),
    ({"inputs": ["x/a", "y/a"], "cwd": "private"}, "options.inputs", ""),
    ({"outputs": ["/etc/*"]}, "options.outputs[0]", "relative"),
    ({"outputs": ["ok", "../x"]}, "options.outputs[1]", "relative"),
    ({"env": {"JOBS_ID": "x"}}, "options.env.JOBS_ID", ""),
    ({"env": {"A B": "x"}}, "options.env.A B", ""),
    ({"env": {"A=B": "x"}}, "options.env.A=B", ""),
    ({"env": {"A": "x" * 2**17}}, "options.env.A", "file"),
    ({"env": {f"A{i}": "x" * 2**16 for i in range(20)}}, "options.env", "together"),
    ({"name": "a\u2028b"}, "options.name", ""),
    ({"name": ""}, "options.name", ""),
    ({"key": "a\nb"}, "options.key", ""),
    ({"max_running": 2}, "options.max_running", ""),
    ({"after": ["x"]}, "options.after[0]", ""),
]


@pytest.mark.parametrize(("options", "field", "hint"), WRONG_OPTIONS)
def test_a_wrong_option_is_named(submit, options, field, hint):
    error = refused(submit, **options)
    assert error.field == field
    assert hint in error.hint


WRONG_TARGETS = [
    (Target(), "target", ""),
    (Target(tool="a", command=["b"]), "target", ""),
    (Target(command=[]), "target.command", "list"),
    (Target(command=["no-such-command"]), "target.command", "spelling"),
    (Target(command=["wc -l data.txt"]), "target.command", "one element per argument"),
    (Target(command=["data.txt"]), "target.command", "./data.txt"),
    (Target(command=["./data.txt"]), "target.command", "chmod"),
    (Target(command=["~nobody-of-this-name/x"]), "target.command", ""),
    (Target(command=["x" * 300]), "target.command", ""),
    (Target(command=["echo", "a\0b"]), "target.command[1]", ""),
    (Target(command=["echo", "x" * 2**17]), "target.command[1]", "file"),
    (Target(script="~nobody-of-this-name/x.py"), "target.script", ""),
    (Target(tool="cuont"), "target.tool", "Did you mean 'count'"),
    (Target(script="gone.py"), "target.script", ""),
    (Target(notebook="gone.ipynb"), "target.notebook", ""),
    (Target(function="f"), "target.function", ""),
]


@pytest.mark.parametrize(("target", "field", "hint"), WRONG_TARGETS)
def test_a_wrong_target_is_named(submit, tool, target, field, hint):
    error = refused(submit, target)
    assert error.field == field
    assert hint in str(error)


WRONG_CONTEXTS = [
    (Context(cwd="/no/such/folder"), "context.cwd"),
    (Context(cwd="~nobody-of-this-name"), "context.cwd"),
    (Context(environment={"A=B": "x"}), "context.environment.A=B"),
    (Context(environment={"": "x"}), "context.environment."),
    (Context(environment={"A": "x\0"}), "context.environment.A"),
    (Context(path=["a", "b\0"]), "context.path[1]"),
    (Context(python="a\0"), "context.python"),
    (Context(kernel="a\0"), "context.kernel"),
]


@pytest.mark.parametrize(("context", "field"), WRONG_CONTEXTS)
def test_a_wrong_context_is_named(service, who, context, field):
    request = SubmitRequest(Target(command=["true"]), context=context)
    assert refused(service.jobs.submit, who, request).field == field


def test_unusual_names_of_captured_variables_are_kept(service, who):
    context = Context(environment={"BASH_FUNC_module%%": "() { :; }", "PATH": os.environ["PATH"]})
    service.jobs.submit(who, SubmitRequest(Target(command=["true"]), context=context))


def test_arguments_of_scripts_and_notebooks_have_names_they_can_have(submit, tmp_path):
    (tmp_path / "a.py").write_text("")
    (tmp_path / "a.ipynb").write_text("{}")
    for target, name in (("script", "a b"), ("script", "x\0"), ("notebook", "a-b")):
        error = refused(
            submit, Target(**{target: f"a.{'py' if target == 'script' else 'ipynb'}"}), {name: 1}
        )
        assert error.field == f"arguments.{name}"
    assert refused(submit, Target(script="a.py"), {"k": "a\0"}).field == "arguments.k"
    for python in ("/no/such/python", "nopython", ""):
        assert "executable" in refused(submit, Target(script="a.py"), python=python).hint
    submit(Target(script="a.py"), {"dry-run": True})


def test_what_is_nested_too_deeply_is_refused(submit, tmp_path):
    (tmp_path / "a.ipynb").write_text("{}")
    deep = 1
    for _ in range(100):
        deep = {"k": [deep]}
    assert "too deeply" in str(refused(submit, Target(notebook="a.ipynb"), {"a": deep}))


def test_large_arguments_are_sent_as_files(submit, tmp_path):
    (tmp_path / "a.ipynb").write_text("{}")
    with pytest.raises(TooLarge, match="as files") as caught:
        submit(Target(notebook="a.ipynb"), {"a": "x" * 2**20})
    assert caught.value.field == "arguments"


def test_what_is_said_of_an_upload_can_not_be_forged(submit, tool):
    parts = {"text": Upload("own.txt", "text/plain", b"x")}
    job = submit(tool, {"text": {"$part": "text", "filename": "other.txt"}}, parts)
    assert job.arguments["text"]["filename"] == "own.txt"
    forged = {"text": {"$part": "text", "filename": "a\0b"}}
    assert refused(submit, tool, forged, parts).field == "arguments.text"


def test_a_command_is_looked_for_on_the_jobs_own_path(submit, service, who, tmp_path):
    (tmp_path / "mine").mkdir()
    program = tmp_path / "mine" / "special"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert refused(submit, Target(command=["special"])).field == "target.command"
    path = f"{tmp_path / 'mine'}:{os.environ['PATH']}"
    submit(Target(command=["special"]), env={"PATH": path})
    context = Context(cwd=str(tmp_path), environment={"PATH": path})
    service.jobs.submit(who, SubmitRequest(Target(command=["special"]), context=context))
    submit(Target(command=["./mine/special"]))


def test_a_place_in_the_command_that_nothing_fills_is_told(submit):
    error = refused(submit, arguments={"kk": 1})
    assert error.field == "arguments.kk"
    assert "Did you mean 'k'" in error.hint


@pytest.mark.parametrize("value", [None, "", [], [""], False])
def test_a_command_needs_a_program_also_when_it_is_an_argument(submit, value):
    target = Target(command=["{program}", "x"])
    assert refused(submit, target, {"program": value}).field == "arguments.program"
    submit(target, {"program": ["echo", "a"]})


def test_a_tool_that_is_switched_off_refuses(submit, tool, tmp_path):
    path = tmp_path / "tools" / "count.toml"
    path.write_text("enabled = false\n" + path.read_text())
    assert refused(submit, tool, {"text": "data.txt"}).field == "target.tool"


def test_a_tool_whose_program_is_not_there_refuses(submit, tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "x.toml").write_text('name = "x"\ncommand = ["no-such-program"]')
    assert "no-such-program" in str(refused(submit, Target(tool="x")))


def test_a_folder_that_the_server_does_not_see_is_named(service, who):
    request = SubmitRequest(ECHO, context=Context(cwd="/no/such/folder"))
    with pytest.raises(InvalidRequest) as caught:
        service.jobs.submit(who, request)
    assert caught.value.field == "context.cwd"


def test_a_script_is_kept_by_its_whole_path(submit, service, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.py").write_text("")
    job = submit(Target(script="sub/a.py"))
    assert job.name == "a.py"
    assert claim(service)[0].target.script == str(tmp_path / "sub" / "a.py")


def test_an_unknown_kernel_is_named(submit, tmp_path):
    (tmp_path / "a.ipynb").write_text("{}")
    assert refused(submit, Target(notebook="a.ipynb"), kernel="kobol").field == "options.kernel"


def test_an_upload_named_like_an_input_is_that_input(submit, service, tool):
    part = Upload("mine.txt", "text/plain", b"hello")
    job = submit(tool, parts={"text": part})
    assert job.arguments["text"] == {
        "$part": "text", "filename": "mine.txt", "media_type": "text/plain", "text": "mine.txt",
    }  # fmt: skip
    (work,) = claim(service)
    assert Path(work.parts["text"]).read_bytes() == b"hello"


def test_an_upload_that_nothing_takes_is_named(submit, tool):
    part = Upload("mine.txt", "text/plain", b"hello")
    error = refused(submit, tool, {"text": "data.txt"}, {"txt": part})
    assert error.field == "txt"
    assert "Did you mean 'text'" in error.hint


def test_a_function_is_an_uploaded_part(submit, service):
    target = Target(function="code", qualname="simulate")
    part = Upload("", "application/vnd.jobs-ext.pickle", b"pickle")
    job = submit(target, {"x": {"$part": "frame"}, "depth": 3}, {"code": part, "frame": part})
    assert job.name == "simulate"
    assert set(claim(service)[0].parts) == {"code", "frame"}


def test_the_captured_environment_is_never_served(service, who, tmp_path):
    context = Context(cwd=str(tmp_path), environment={"PATH": os.environ["PATH"], "S": "secret"})
    job = service.jobs.submit(who, SubmitRequest(ECHO, context=context))
    assert b"secret" not in msgspec.json.encode(job)
    assert claim(service)[0].context.environment["S"] == "secret"


def test_check_says_what_would_run_where_and_has_no_effect(service, who, context, tmp_path):
    found = service.jobs.check(who, SubmitRequest(ECHO, context=context))
    assert found == {"ok": True, "python": sys.executable, "cwd": str(tmp_path)}
    with pytest.raises(InvalidRequest):
        service.jobs.check(who, SubmitRequest(Target(tool="x"), context=context))
    assert service.events.head() == 0
