from __future__ import annotations

from typing import Literal

import pytest
from msgspec import Struct

from jobs_ext.dialects.ufdl.creating import JobSpec
from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.request import BatchRequest, SubmitRequest
from jobs_ext.service import JobQuery, decode_request

CASES = [
    (b'{"target": {"tool": "a"}, "options": {"cpus": 2}}', "options.cpus", 2, "'cpu'"),
    (b'{"target": {"tool": "a"}, "option": {}}', "option", {}, "'options'"),
    (b'{"target": {"tool": "a"}, "zzz": 1}', "zzz", 1, "Known: arguments, context"),
    (b'{"target": {"tool": "a"}, "options": {"retries": "x"}}', "options.retries", "x", ""),
    (b'{"target": {"command": ["a", 3]}}', "target.command[1]", 3, ""),
    (b"{}", "target", None, "target"),
    (b"[1]", None, [1], ""),
    (b'{"target": {}, "options": {"env": {"A": "1", "B": 2}}}', "options.env.B", 2, ""),
    (b'{"target": {}, "arguments": {"k": 1e999}}', "arguments[...]", None, ""),
]


@pytest.mark.parametrize(("body", "field", "value", "hint"), CASES)
def test_what_is_wrong_is_named(body, field, value, hint):
    with pytest.raises(InvalidRequest) as caught:
        decode_request(body, SubmitRequest)
    assert (caught.value.field, caught.value.value) == (field, value)
    assert hint in caught.value.hint


def test_types_are_told_in_words():
    with pytest.raises(InvalidRequest, match="expected an integer, got a text"):
        decode_request(b'{"target": {}, "options": {"retries": "x"}}', SubmitRequest)
    with pytest.raises(InvalidRequest, match="expected a number or null, got a list"):
        decode_request(b'{"target": {}, "options": {"cpu": []}}', SubmitRequest)


def test_a_field_inside_a_list_is_named():
    with pytest.raises(InvalidRequest) as caught:
        decode_request(b'{"target": {}, "arguments": [{}, 7]}', BatchRequest)
    assert (caught.value.field, caught.value.value) == ("arguments[1]", 7)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"a": "\\ud800"}', b'{"a":' * 100_000, b"NaN"]
)
def test_what_is_no_json_is_refused(body):
    with pytest.raises(InvalidRequest, match="not JSON"):
        decode_request(body, SubmitRequest)


def test_a_field_of_an_entry_that_need_not_be_given_is_named():
    body = (
        b'{"input_values": {}, "parameter_values": {"a": {"value": 1, "type": "int", "typo": 1}}}'
    )
    with pytest.raises(InvalidRequest) as caught:
        decode_request(body, JobSpec)
    assert (caught.value.field, caught.value.value) == ("parameter_values.a.typo", 1)
    assert "'type'" in caught.value.hint


def test_a_choice_says_what_there_is():
    with pytest.raises(InvalidRequest) as caught:
        decode_request(b'{"status": ["RUNNING", "GONE"]}', JobQuery)
    assert (caught.value.field, caught.value.value) == ("status[1]", "GONE")
    assert "RUNNABLE" in caught.value.hint
    with pytest.raises(InvalidRequest) as caught:
        decode_request(b'{"status": ["running"]}', JobQuery)
    assert caught.value.hint.startswith("Did you mean 'RUNNING'")


class Policy(Struct):
    kind: Literal["slow", "fast"] = "slow"


class Wanted(Struct):
    told: list[Policy] | str | None = None


def test_a_choice_inside_a_list_that_may_be_a_text():
    with pytest.raises(InvalidRequest) as caught:
        decode_request(b'{"told": [{}, {"kind": "odd"}]}', Wanted)
    assert (caught.value.field, caught.value.value) == ("told[1].kind", "odd")
    assert caught.value.hint == "Known: fast, slow."
