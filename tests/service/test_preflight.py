from __future__ import annotations

import sys

import msgspec
import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.request import Context, Options, SubmitRequest, Target
from jobs_ext.model.work import Free
from jobs_ext.service import Upload

FUNCTION = Target(function="code", qualname="simulate")
PART = {"code": Upload("", "application/vnd.jobs-ext.pickle", b"pickle")}


@pytest.fixture
def interpreter(tmp_path):
    """Makes a program that answers as a Python of some version."""

    def interpreter_(version="3.9", missing="[]"):
        answer = f'{{"version": "{version}", "missing": {missing}}}'
        program = tmp_path / f"python{version}"
        program.write_text(f"#!/bin/sh\necho '{answer}'\n")
        program.chmod(0o755)
        return str(program)

    return interpreter_


@pytest.fixture
def submit(service, who, context):
    def submit_(python, *modules):
        target = msgspec.structs.replace(FUNCTION, modules=list(modules))
        here = msgspec.structs.replace(context, path=[context.cwd])
        request = SubmitRequest(target, options=Options(python=python), context=here)
        return service.jobs.submit(who, request, PART)

    return submit_


def test_another_python_of_the_same_version_is_taken(submit, service, interpreter):
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    python = interpreter(version)
    submit(python)
    assert service.queue.claim(Free(1, 10**9), 1)[0].context.python == python


def test_another_version_is_refused(submit, interpreter):
    with pytest.raises(InvalidRequest, match=r"Python 3\.9; the function was made by") as caught:
        submit(interpreter())
    assert caught.value.field == "options.python"


def test_what_an_interpreter_lacks_is_named(submit, interpreter):
    with pytest.raises(InvalidRequest, match="it has no cloudpickle, pandas") as caught:
        submit(interpreter(missing='["cloudpickle", "pandas"]'))
    assert caught.value.field == "options.python"


def test_a_real_interpreter_is_asked_for_the_modules(submit, tmp_path):
    (tmp_path / "beside.py").touch()
    submit(sys.executable, "msgspec", "beside")
    with pytest.raises(InvalidRequest, match="it has no nonesuch"):
        submit(sys.executable, "msgspec", "nonesuch")


def test_what_is_no_python_is_refused(submit):
    with pytest.raises(InvalidRequest, match="does not answer"):
        submit("/bin/true")


def test_the_submitters_own_python_is_asked_nothing_about_its_version(service, who, tmp_path):
    context = Context(python=sys.executable, cwd=str(tmp_path))
    options = Options(python=sys.executable)
    service.jobs.submit(who, SubmitRequest(FUNCTION, options=options, context=context), PART)
