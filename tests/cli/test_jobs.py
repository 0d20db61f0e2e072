"""Looking at jobs, and what can be done to them, with exit codes that tell."""

from __future__ import annotations

import sys
import zipfile

import pytest


def test_wait_tells_how_jobs_ended(jobs):
    good = jobs("submit", "--", "true").id
    bad = jobs("submit", "--", "sh", "-c", "echo broken >&2; exit 3").id
    held = jobs("submit", "--hold", "--", "true").id
    assert jobs("wait", good).code == 0
    told = jobs("wait", good, bad)
    assert told.code == 1
    assert "FAILED" in told.out
    assert jobs("wait", held, "--timeout", "0.1").code == 4
    assert jobs("cancel", held).code == 0
    assert jobs("wait", good, held).code == 3
    assert jobs("wait", held, bad, "--json").code == 1
    assert jobs("wait", good, "--timeout", "soon").code == 2
    assert jobs("logs", bad, "--stream", "stderr").out == "broken\n"
    assert jobs("logs", bad, "--json").json == {"stdout": "", "stderr": "broken\n"}
    assert "exit code  3" in jobs("show", bad).out


def test_a_batch_fails_when_one_of_its_jobs_did(jobs, server):
    (server.work / "codes.csv").write_text("code\n0\n4\n")
    told = jobs("map", "--from", "codes.csv", "--wait", "--", "sh", "-c", "exit $0", "{code}")
    assert told.code == 1
    assert "1 FAILED" in told.out


def test_follow(jobs):
    job = jobs("submit", "--", "sh", "-c", "echo one; echo two").id
    told = jobs("logs", job, "-f")
    assert (told.code, told.out) == (0, "one\ntwo\n")


def test_hold_release_priority_reset_delete(jobs):
    job = jobs("submit", "--hold", "--", "sh", "-c", "exit 1").id
    assert jobs("prioritize", "5", job).code == 0
    assert jobs("hold", job).code == 0
    assert jobs("show", job, "--json").json["status"] == "PENDING"
    assert jobs("release", job).code == 0
    assert jobs("wait", job).code == 1
    assert jobs("reset", job).code == 0
    assert jobs("wait", job).code == 1
    assert len(jobs("show", job, "--json").json["attempts"]) == 2
    assert {event["type"] for event in jobs("history", job, "--json").json} >= {"submitted"}
    assert "FAILED" in jobs("history", job).out
    assert jobs("delete", job).code == 0
    assert jobs("show", job).code == 2
    assert job in [one["id"] for one in jobs("list", "--deleted", "--json").json]
    assert jobs("reinstate", job).code == 0
    assert jobs("show", job).code == 0
    assert jobs("reinstate", job).code == 2


def test_trash_of_batches(jobs, server):
    (server.work / "one.csv").write_text("x\n1\n")
    batch = jobs("map", "--from", "one.csv", "--", "echo", "{x}").id
    assert jobs("wait", batch).code == 0
    assert jobs("delete", batch).code == 0
    assert jobs("reinstate", batch).code == 0
    assert jobs("purge", batch).code == 0
    assert jobs("show", batch).code == 2
    assert jobs("purge", "0192f0c4-89ab-7def-8123-456789abcdef").code == 2


def test_refusals(jobs, server):
    done = jobs("submit", "--wait", "--json", "--", "true").json[0]["id"]
    assert jobs("hold", done).code == 2
    assert jobs("reset", done).code == 2
    assert jobs("release", done).code == 2
    (server.work / "one.csv").write_text("x\n1\n")
    batch = jobs("map", "--from", "one.csv", "--hold", "--", "echo", "{x}").id
    for verb in ("reset", "hold", "history", "logs"):
        told = jobs(verb, batch)
        assert told.code == 2
        assert "batch" in told.err
    assert jobs("release", batch).code == 0
    assert jobs("wait", batch).code == 0


def test_lists(jobs):
    jobs("submit", "--name", "a red\x1b[31m name", "--wait", "--", "true")
    told = jobs("list", "--limit", "1", "--status", "succeeded").out
    assert "\x1b" not in told
    assert len(told.splitlines()) == 2
    assert [one["status"] for one in jobs("list", "--limit", "1", "--json").json] == ["SUCCEEDED"]
    assert "default" in jobs("queues").out
    assert jobs("queues", "--json").json[0]["name"] == "default"


@pytest.fixture
def made(jobs):
    code = (
        "printf 'a,b\\n1,x\\n2,y\\n' > $JOBS_OUTPUT_DIR/t.csv; printf hi > $JOBS_OUTPUT_DIR/n.txt"
    )
    return jobs("submit", "--wait", "--json", "--", "sh", "-c", code).json[0]["id"]


def test_outputs(jobs, made, tmp_path):
    assert "t.csv" in jobs("outputs", "list", made).out
    assert {one["name"] for one in jobs("outputs", "list", made, "--json").json} == {
        "t.csv",
        "n.txt",
    }
    saved = jobs("outputs", "save", made, "--to", str(tmp_path / "all"), "--json").json
    assert sorted(saved) == [str(tmp_path / "all" / name) for name in ("n.txt", "t.csv")]
    assert jobs("outputs", "save", made, "n.txt", "--to", str(tmp_path / "one")).code == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["n.txt"]
    for names in ([], ["n.txt"]):
        (packed,) = jobs(
            "outputs", "save", made, *names, "--zip", str(tmp_path / "a.zip"), "--json"
        ).json
        assert sorted(zipfile.ZipFile(packed).namelist()) == (names or ["n.txt", "t.csv"])
    for words in (["none.txt"], ["--to", "x"]):
        assert jobs("outputs", "save", made, *words, "--zip", str(tmp_path / "b.zip")).code == 2
    assert not (tmp_path / "b.zip").exists()
    assert jobs("outputs", "get", made, "none.txt").code == 2
    assert jobs("outputs", "head", made, "-n", "1").out.split() == ["A", "B", "1", "x"]
    assert jobs("outputs", "head", made, "t.csv", "--json").json[1] == {"a": 2, "b": "y"}


def test_an_output_on_the_standard_output(process, made):
    with process("outputs", "get", made, "n.txt") as child:
        assert child.communicate(timeout=30) == ("hi", "")


def test_outputs_are_added_and_removed(jobs, made, tmp_path):
    (tmp_path / "more.txt").write_text("more")
    assert jobs("outputs", "add", made, str(tmp_path / "more.txt"), "--name", "m.txt").code == 0
    for wrong in (tmp_path / "none.txt", tmp_path):
        refused = jobs("outputs", "add", made, str(wrong))
        assert (refused.code, str(wrong) in refused.err) == (2, True)
    (tmp_path / "taken").touch()
    assert jobs("outputs", "save", made, "--to", str(tmp_path / "taken")).code == 2
    assert "m.txt" in jobs("outputs", "list", made).out
    assert jobs("outputs", "remove", made, "m.txt").code == 0
    assert "m.txt" not in jobs("outputs", "list", made).out
    assert jobs("outputs", "remove", made, "m.txt").code == 2


def test_outputs_are_archived(jobs, made, server):
    said = jobs("archive", made, "shelf", "--json")
    assert (said.code, said.json["status"]) == (0, "done")
    assert (server.work / "shelf" / "t.csv").exists()
    said = jobs("archive", made, "../shelf")
    assert (said.code, "no path" in said.err) == (2, True)


def test_filters_and_orders(jobs, server):
    (server.work / "sets.csv").write_text("k\n1\n")
    batch = jobs(
        "map", "--from", "sets.csv", "--hold", "--name", "filtered", "--", "echo", "{k}"
    ).id
    for name in ("fb", "fa"):
        jobs("submit", "--hold", "--name", name, "--", "true")
    chosen = ("list", "--filter", 'name in ("fa", "fb")', "--json")
    assert [one["name"] for one in jobs(*chosen, "--order", "name").json] == ["fa", "fb"]
    assert [one["name"] for one in jobs(*chosen, "--order=-name").json] == ["fb", "fa"]
    found = jobs("batches", "--filter", 'name = "filtered"', "--json").json
    assert [one["id"] for one in found] == [batch]
    assert [
        one["name"] for one in jobs("tools", "--filter", "input = text", "--json").json["items"]
    ]
    assert jobs("list", "--filter", "nmae = x").code == 2
    assert jobs("cancel", batch, *[one["id"] for one in jobs(*chosen).json]).code == 0


def test_retention_says_the_rules(jobs):
    assert jobs("retention", "--json").json["rules"]
    assert "keep_deleted" in jobs("retention").out


def test_show_lists_the_steps_of_a_job(jobs, server):
    (server.work / "tools").mkdir(exist_ok=True)
    steps = [
        f'[[steps]]\nname = "{number}"\nordering = {number}\ncommand = ["{program}"]'
        for number, program in enumerate(("true", "false"))
    ]
    (server.work / "tools" / "two.toml").write_text("\n".join(['name = "two"', *steps]))
    job = jobs("submit", "two").id
    jobs("wait", job)
    shown = jobs("show", job).out
    assert "step 0     SUCCEEDED" in shown
    assert "step 1     FAILED: exited with code 1" in shown


def test_about_says_what_one_may_have(jobs):
    assert jobs("about", "--json").json["policy"]["allow_run"] is True
    told = jobs("about").out
    assert "owner" in told
    assert "stored" in told
    assert "GB" in told or "MB" in told


def test_provenance_says_where_a_job_came_from(jobs):
    job = jobs("submit", "--", sys.executable, "-c", "pass").id
    assert jobs("provenance", job, "--json").json["inputs"] == []
    assert jobs("provenance", job).code == 0
    assert jobs("provenance", "0192f0c4-89ab-7def-8123-456789abcdef").code == 2
