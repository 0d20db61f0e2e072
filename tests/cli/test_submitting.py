"""What is typed becomes what the client would send."""

from __future__ import annotations

import json

import nbformat
import pytest


def test_a_tool_with_arguments_typed_by_its_schema(jobs):
    told = jobs("submit", "wc", "text=data.txt", "--cpu", "1", "lines_only=true", "--json").json
    assert told["arguments"]["lines_only"] is True
    assert jobs("wait", told["id"]).code == 0
    assert (
        jobs("logs", told["id"]).out.split()[:2] == ["2", "data.txt"]
        or "2" in jobs("outputs", "get", told["id"], "counts").out
    )


def test_a_command_behind_dashes_keeps_its_own_options(jobs):
    told = jobs("submit", "--name", "count", "--env", "A=1", "--wait", "--", "wc", "-l", "data.txt")
    assert told.code == 0
    job = jobs("show", "last", "--json").json
    assert (job["name"], job["target"]["name"]) == ("count", "wc -l data.txt")
    assert job["options"]["env"] == {"A": "1"}
    told = jobs("submit", "wc -l data.txt")
    assert (told.code, "behind --: -- wc -l data.txt" in told.err) == (2, True)


def test_numbers_of_commands_stay_as_they_were_written(jobs):
    assert jobs("submit", "--wait", "k=007", "--", "echo", "{k}").code == 0
    assert jobs("logs", "last").out == "007\n"


def test_a_notebook(jobs, server):
    code = "import json; print(json.dumps([month, k]))"
    cell = nbformat.v4.new_code_cell(code)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), server.work / "report.ipynb")
    job = jobs("submit", "./report.ipynb", "month=2026-10", "k=3", "--json").json
    assert job["arguments"] == {"month": "2026-10", "k": 3}
    assert jobs("cancel", job["id"]).code == 0


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("rows.csv", "text,lines_only\ndata.txt,true\ndata.txt,\n"),
        ("rows.tsv", "text\tlines_only\ndata.txt\ttrue\ndata.txt\t\n"),
        ("rows.jsonl", '{"text": "data.txt", "lines_only": true}\n\n{"text": "data.txt"}\n'),
        ("rows.json", '[{"text": "data.txt", "lines_only": true}, {"text": "data.txt"}]'),
    ],
)
def test_a_batch_from_a_file(jobs, server, file, text):
    (server.work / file).write_text(text)
    told = jobs("map", "wc", "--from", file, "--wait", "--json")
    assert told.code == 0
    batch = told.json[0]
    assert batch["counts"]["SUCCEEDED"] == 2
    found = jobs("list", "--batch", batch["id"], "--json").json
    assert sorted(job["arguments"]["lines_only"] for job in found) == [False, True]
    assert batch["id"] in [one["id"] for one in jobs("batches", "--json").json]
    assert "2 SUCCEEDED" in jobs("show", batch["id"]).out


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("bad.jsonl", '{"text": "a"}\n{"text"\n', "Line 2 is not JSON"),
        ("bad.json", "[1]", "Set 1 is not an object"),
        ("bad.csv", "a,b\n1\n", "Line 2 has not as many cells"),
        ("empty.csv", "a,b\n", "nothing to map over"),
        ("missing.csv", None, "can't be read"),
    ],
)
def test_files_that_hold_no_arguments(jobs, server, file, text, message):
    if text is not None:
        (server.work / file).write_text(text)
    told = jobs("map", "wc", "--from", file)
    assert told.code == 2
    assert message in told.err


def test_check_says_where_it_would_run_and_submits_nothing(jobs):
    before = jobs("list", "--json").json
    assert jobs("check", "wc", "text=data.txt", "--json").code == 0
    assert jobs("check", "wc", "text=none.txt").code == 2
    assert jobs("list", "--json").json == before


def test_a_rerun_with_changes(jobs):
    first = jobs("submit", "wc", "text=data.txt").id
    jobs("wait", first)  # what has not ended is not run again
    again = jobs("rerun", first, "lines_only=true", "--name", "again", "--json").json
    assert again["id"] != first
    assert again["name"] == "again"
    assert again["arguments"]["lines_only"] is True


def test_tools(jobs):
    assert "wc-1.0" in jobs("tools").out
    assert {tool["name"] for tool in jobs("tools", "--json").json["items"]} >= {"wc", "goeburst"}
    shown = jobs("tools", "wc").out
    assert "lines_only" in shown
    assert "boolean" in shown
    assert json.dumps(jobs("tools", "wc", "--json").json["schema"])
    assert jobs("tools", "cw").code == 2


def test_tools_are_added_and_removed(jobs, tmp_path):
    file = tmp_path / "hello.toml"
    file.write_text('name = "hello"\ncommand = ["echo", "hello"]\n')
    assert jobs("tools", "add", str(file)).out == "hello-1.0\n"
    assert jobs("submit", "hello", "--wait").code == 0
    assert jobs("tools", "add", str(file)).code == 2
    file.write_text('name = "hello"\ntitle = "Hello"\ncommand = ["echo", "hello"]\n')
    assert jobs("tools", "add", str(file), "--replace", "--json").json["title"] == "Hello"
    assert jobs("tools", "remove", "hello-1.0").code == 0
    assert jobs("tools", "remove", "hello-1.0").code == 2
    assert jobs("tools", "remove", "wc-1.0").code == 2
    file.write_text("name = ")
    for wrong in (file, tmp_path, tmp_path / "nothing.toml"):
        assert jobs("tools", "add", str(wrong)).code == 2
