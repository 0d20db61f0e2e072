"""Finding the verb and the server; errors as one line, a hint and an exit code."""

from __future__ import annotations

import json
import signal

import pytest

from jobs_ext.cli.main import VERBS


def test_the_overview_names_every_command(jobs):
    told = jobs("--help")
    assert told.code == 0
    assert all(f"  {name} " in told.out for name in VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_every_command_has_help(jobs, name, capsys):
    with pytest.raises(SystemExit) as ended:
        jobs(*name.split(), "--help")
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["sumbit"], "no command 'sumbit'", "'submit'"),
        (["outputs"], "several things", "outputs save"),
        (["show"], "required: ID", "jupyter jobs show --help"),
        (["show", "nonsense"], "is not the id of a job", "0192f0c4"),
        (["show", "0192f0c4-89ab-7def-8123-456789abcdef"], "0192f0c4", ""),
        (["submit"], "Nothing to run", "behind --"),
        (["submit", "--"], "no command behind --", ""),
        (["submit", "wc", "data.txt"], "'data.txt' is no argument", "NAME=VALUE"),
        (["submit", "wc", "txt=data.txt"], "txt", "text"),
        (["submit", "--memory", "lots", "--", "true"], "memory", ""),
        (["list", "--limit", "many"], "limit", "--help"),
        (["list", "--order", "sideways"], "order", ""),
        (["submit", "--url", "http://localhost:1", "--token", "x", "wc"], "reached", ""),
        (["list", "--token", "x"], "--token needs --url", ""),
    ],
)
def test_refusals_are_one_line_and_a_hint(jobs, words, message, hint):
    told = jobs(*words)
    assert told.code == (5 if "http://localhost:1" in words else 2)
    first, *rest = told.err.splitlines()
    assert message in first
    assert hint in "".join(rest)
    assert len(rest) <= 1
    assert told.out == ""


def test_refusals_as_json(jobs):
    told = jobs("show", "nonsense", "--json")
    assert json.loads(told.err)["field"] == "id"


def test_no_server(jobs, monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    told = jobs("list")
    assert told.code == 5
    assert "No Jupyter server" in told.err


def test_a_wrong_token_is_refused(jobs, server):
    told = jobs("list", "--url", server.url, "--token", "wrong")
    assert told.code == 2
    assert "does not let us in" in told.err


def test_a_reader_that_has_seen_enough(process):
    child = process("list")
    child.stdout.close()
    assert child.wait(30) == 0
    assert child.stderr.read() == ""
    child.stderr.close()


def test_ctrl_c_stops_the_waiting_and_not_the_job(process, jobs):
    job = jobs("submit", "--", "sh", "-c", "echo here; exec sleep 60").id
    with process("logs", "-f", job) as child:
        assert child.stdout.readline() == "here\n"
        child.send_signal(signal.SIGINT)
        _out, err = child.communicate(timeout=30)
    assert child.returncode == 130, err
    assert f"jupyter jobs cancel {job}" in err
    assert "Traceback" not in err
    assert jobs("show", job, "--json").json["status"] == "RUNNING"
    assert jobs("cancel", job).code == 0
    assert jobs("wait", job).code == 3


def test_an_option_before_the_command_is_told_where_it_belongs(jobs):
    refused = jobs("--url", "http://127.0.0.1:9/", "list")
    assert refused.code == 2
    assert "behind the command" in refused.err


NO_TEXT = [
    ["show", "\udc80"],
    ["list", "\udc80"],
    ["list", "--filter", "name = '\udc80'"],
    ["\udc80"],
    ["submit", "--", "echo", "\udc80"],
    ["submit", "wc", "text=\udc80"],
    ["projects", "create", "\udc80"],
    ["tools", "add", "\udc80"],
    ["tool", "share", "wc", "\udc80"],
]


@pytest.mark.parametrize("words", NO_TEXT, ids=map(repr, NO_TEXT))
def test_words_that_are_no_text_are_refused(jobs, words):
    at = words.index("--") if "--" in words else len(words)
    told = jobs(*words[:at], "--json", *words[at:])
    assert (told.code, told.out) == (2, "")
    assert json.loads(told.err)["message"]


def test_what_stands_behind_the_dashes_is_not_ours(jobs):
    assert jobs("submit", "--cpu", "-1", "--", "true", "--json").err.startswith("jupyter jobs: ")


def test_with_json_every_command_says_json(jobs):
    job = jobs("submit", "--hold", "--", "true").id
    kept = {"id": job, "kind": "job"}
    jobs("projects", "create", "said")
    told = {
        ("share", job, "bob"): {"grantee": "bob"},
        ("unshare", job, "bob"): {"grantee": "bob"},
        ("delete", job): [kept],
        ("reinstate", job): [kept],
        ("purge", job): [kept],
        ("projects", "delete", "said"): [{"name": "said"}],
    }
    for words, said in told.items():
        assert jobs(*words, "--json").json == said, words
