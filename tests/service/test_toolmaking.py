"""Tools that are added over HTTP: who may, what is refused, and that they are there afterwards."""

from __future__ import annotations

import os

import msgspec
import pytest

from jobs_ext.model.errors import Conflict, Forbidden, InvalidRequest, NotFound
from jobs_ext.model.grant import GrantRequest
from jobs_ext.model.policy import Policy
from jobs_ext.model.request import SubmitRequest, Target
from jobs_ext.model.tool import Tool, ToolParameter
from jobs_ext.service import Principal

ROOT = Principal.all("root")
ANN, BOB = (Principal(name, frozenset({"read", "submit", "run"})) for name in ("ann", "bob"))
HELLO = Tool(name="hello", command=["echo", "{word}"], parameters={"word": ToolParameter("string")})


def changed(**fields):
    return msgspec.structs.replace(HELLO, **fields)


def test_a_tool_is_there_for_everybody_after_a_restart_and_until_it_is_removed(
    open_service, context
):
    service = open_service()
    assert service.tool_making.add(ROOT, HELLO).id == "hello-1.0"
    service = open_service()
    assert service.tools.get(ANN, "hello").command == ["echo", "{word}"]
    request = SubmitRequest(Target(tool="hello"), {"word": "hi"}, context=context)
    job = service.jobs.submit(ANN, request)
    service.jobs.cancel(ANN, job.id)
    newer = changed(title="Hello")
    assert service.tool_making.replace(ROOT, "hello-1.0", newer).title == "Hello"
    assert service.tools.get(ANN, "hello").title == "Hello"
    service.tool_making.remove(ROOT, "hello-1.0")
    with pytest.raises(NotFound):
        service.tools.get(ANN, "hello")
    assert service.jobs.rerun(ANN, job.id).target.name == "hello-1.0"
    assert list(service.paths.made_tools.iterdir()) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"command": msgspec.UNSET}, "command"),
        ({"command": ["echo", "{wrod}"]}, "command"),
        ({"command": "echo hi"}, "command"),
        ({"name": "../x"}, "name"),
        ({"name": ""}, "name"),
        ({"version": "../../1"}, "version"),
        ({"version": "1" * 300}, "version"),
        ({"version": ""}, "version"),
        ({"executor": "moon"}, "executor"),
        ({"command": msgspec.UNSET, "script": "nowhere.py"}, "script"),
        ({"title": "\ud800"}, "body"),
        ({"description": "x" * 2_000_000}, "body"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(service, fields, field):
    with pytest.raises(InvalidRequest) as caught:
        service.tool_making.add(ROOT, changed(**fields))
    assert caught.value.field == field
    assert list(service.paths.made_tools.iterdir()) == []


def test_only_who_manages_unless_the_policy_says_otherwise(open_service):
    for refused in (
        lambda s: s.tool_making.add(ANN, HELLO),
        lambda s: s.tool_making.replace(ANN, "hello-1.0", HELLO),
        lambda s: s.tool_making.remove(ANN, "hello-1.0"),
    ):
        with pytest.raises(Forbidden):
            refused(open_service())
    service = open_service(policy=Policy(add_tools=True))
    service.tool_making.add(ANN, HELLO)
    for wanted in (changed(name="mine", restricted=True), changed(name="mine", open=True)):
        with pytest.raises(Forbidden):
            service.tool_making.add(ANN, wanted)
    for other in ("hello", "wc"):  # else a bare name would mean what somebody else made
        with pytest.raises(Forbidden, match="somebody else's"):
            service.tool_making.add(BOB, changed(name=other, version="9.9"))
    with pytest.raises(Forbidden, match="was added by ann"):
        service.tool_making.remove(BOB, "hello-1.0")
    with pytest.raises(Forbidden):
        service.tool_making.add(Principal("cat", frozenset({"submit"})), changed(name="cat"))
    service.tool_making.add(ANN, changed(version="2.0"))
    service.tool_making.remove(ANN, "hello-1.0")
    service.tool_making.remove(ROOT, "hello-2.0")


def test_an_id_is_one_tools_however_it_is_put_together(open_service):
    service = open_service(policy=Policy(add_tools=True))
    service.tool_making.add(ANN, changed(name="hello-you", version="1"))
    with pytest.raises(Conflict, match="already"):
        service.tool_making.add(BOB, changed(name="hello", version="you-1", title="Bob's"))
    assert service.tools.get(BOB, "hello-you-1").title == ""


def test_where_no_commands_are_run_only_who_manages_adds_tools(open_service):
    service = open_service(policy=Policy(add_tools=True, allow_run=False))
    with pytest.raises(Forbidden):
        service.tool_making.add(ANN, HELLO)
    assert service.tool_making.add(ROOT, HELLO).id == "hello-1.0"


def test_a_tool_that_is_replaced_at_once_is_the_new_one(service):
    service.tool_making.add(ROOT, HELLO)
    file = service.paths.made_tools / "hello-1.0.json"
    for title in ("one", "two", "six"):
        service.tool_making.replace(ROOT, "hello-1.0", changed(title=title))
        os.utime(file, ns=(0, 0))  # as two changes within one tick of the clock have it
        assert service.tools.get(ANN, "hello").title == title


def test_a_tool_of_a_file_and_one_of_another_version_are_left_alone(service):
    with pytest.raises(Conflict, match="already"):
        service.tool_making.add(ROOT, changed(name="wc"))
    for name in ("wc-1.0", "wc"):
        with pytest.raises(Conflict, match="file"):
            service.tool_making.remove(ROOT, name)
    service.tool_making.add(ROOT, HELLO)
    with pytest.raises(Conflict):
        service.tool_making.add(ROOT, HELLO)
    for name, wanted, field in (
        ("hello", HELLO, "tool"),
        ("hello-1.0", changed(version="2.0"), "version"),
        ("hello-1.0", changed(name="other"), "name"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            service.tool_making.replace(ROOT, name, wanted)
        assert caught.value.field == field
    with pytest.raises(NotFound):
        service.tool_making.remove(ROOT, "nothing-1.0")


def test_who_is_let_in_to_a_tool_is_not_let_in_to_a_later_one_of_its_name(service):
    service.tool_making.add(ROOT, changed(restricted=True))
    service.tool_grants.put(ROOT, "hello", "ann", GrantRequest(execute=True))
    assert service.tools.get(ANN, "hello").id == "hello-1.0"
    service.tool_making.remove(ROOT, "hello-1.0")
    service.tool_making.add(ROOT, changed(restricted=True))
    with pytest.raises(NotFound):
        service.tools.get(ANN, "hello")


def test_a_file_that_was_spoilt_is_told_of(service):
    service.tool_making.add(ROOT, HELLO)
    (service.paths.made_tools / "hello-1.0.json").write_text("{")
    with pytest.raises(NotFound, match="could not be used"):
        service.tools.get(ANN, "hello")
