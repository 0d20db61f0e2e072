"""Whole runs: a real service, a real runner process, real jobs."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from jobs_ext.model import reasons
from jobs_ext.model.request import Context, Options, Target
from jobs_ext.model.status import Status
from jobs_ext.model.work import Work
from jobs_ext.runner import finish
from jobs_ext.runner.executors import Exited
from jobs_ext.runner.finish import Finisher
from jobs_ext.runner.limits import Limits
from jobs_ext.runner.spare import SpareFolders
from jobs_ext.runner.staging import plan
from jobs_ext.service import Upload
from jobs_ext.store.paths import AttemptPaths
from tests.runner.house import WHO, House
from tests.runner.keepers import gone
from tests.waiting import until


def test_a_command_succeeds(house: House) -> None:
    job = house.ended(house.shell("echo out; echo err >&2; pwd"))
    assert job.status is Status.SUCCEEDED
    assert house.log(job.id) == f"out\n{house.cwd}\n"
    assert house.log(job.id, "stderr") == "err\n"
    (attempt,) = job.attempts
    assert attempt.exit_code == 0
    assert attempt.duration is not None
    assert attempt.duration > 0
    assert attempt.peak_memory
    assert [
        e.data["status"] for e in house.service.jobs.history(WHO, job.id) if e.type == "status"
    ][-3:] == ["STARTING", "RUNNING", "SUCCEEDED"]


@pytest.mark.parametrize(
    ("script", "code", "reason"),
    [
        ("exit 3", "exit_code", "exited with code 3"),
        ("echo 'no such thing' >&2; exit 1", "exit_code", "exited with code 1: no such thing"),
        ("kill -SEGV $$", "signal", reasons.signal_sentence(signal.SIGSEGV)),
    ],
)
def test_a_failure_says_why(house: House, script: str, code: str, reason: str) -> None:
    job = house.ended(house.shell(script))
    assert (job.status, job.reason_code, job.reason) == (Status.FAILED, code, reason)


def test_a_command_of_which_nothing_is_left_does_not_end_the_others(house: House) -> None:
    house.tool('name = "any"\ncommand = ["{program}"]\n[parameters.program]\ndefault = ""\n')
    other = house.shell("sleep 1")
    house.reached(other, Status.RUNNING)
    job = house.ended(house.submit(Target(tool="any")))
    assert (job.status, job.reason_code) == (Status.FAILED, "cannot_start")
    assert house.ended(other).status is Status.SUCCEEDED


def test_a_job_that_the_runner_fails_over_fails_alone(house: House) -> None:
    house.tool('name = "odd"\ncommand = ["true"]\n')
    held = house.submit(Target(tool="odd"), hold=True)
    with sqlite3.connect(house.paths.db) as database:  # as an older version may have left it
        database.execute("UPDATE content SET body = replace(body, '\"true\"', '1')")
    database.close()
    other = house.shell("sleep 1")
    house.service.jobs.release(WHO, held)
    job = house.ended(held)
    assert (job.status, job.reason_code) == (Status.FAILED, "internal_error")
    assert job.reason is not None
    assert job.reason.startswith("jobs_ext failed while making it ready: ValidationError")
    assert house.ended(other).status is Status.SUCCEEDED
    assert "Traceback" in house.paths.runner_log.read_text()


def test_outputs_that_the_runner_fails_over_fail_their_job_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    finisher = Finisher(lambda: None, SpareFolders(house.root / "spare"))
    job = house.ended(house.shell("true"))
    monkeypatch.setattr(finish, "judge", lambda *_args, **_more: 1 / 0)
    work = Work(
        job.id, 1, Target(command=["true"]), {}, Options(), Context(cwd="/"),
        None, {}, None, None, 1, None, None,
    )  # fmt: skip
    exited = Exited(f"{job.id}/1", 0.0, 0, None, 1, 0.0, 0.0, told=None)
    ended = finisher.finish(plan(work, house.paths.attempt(job.id, 1)), exited, Limits())
    finisher.close()
    assert ended is not None
    assert (ended.status, ended.reason_code) == (Status.FAILED, "internal_error")


def test_an_end_that_was_not_stored_is_found_once_more(tmp_path: Path) -> None:
    work = Work(
        "019a8f2e", 1, Target(function="f"), {}, Options(), Context(cwd="/"),
        None, {}, None, None, 1, None, None,
    )  # fmt: skip
    one = plan(work, AttemptPaths(tmp_path / "019a8f2e-1"))
    SpareFolders(tmp_path / "spare").take_whole(one.at.text())
    one.at.stdout.write_text("a line")
    Path(one.at.text("result.json")).write_text("7")
    exited = Exited(one.key, 0.0, 0, None, 1, 0.0, 0.0, told=None)
    for _ in range(2):  # runners, the first of which is killed there
        finisher = Finisher(lambda: None, SpareFolders(tmp_path / "spare"))
        ended = finisher.finish(one, exited, Limits())
        finisher.close()
        assert ended is not None
        assert (ended.status, [o.name for o in ended.outputs]) == (
            Status.SUCCEEDED,
            ["result.json"],
        )
        assert Path(ended.outputs[0].path).read_text() == "7"
        assert one.at.stdout.read_text() == "a line"


def test_what_cannot_be_started_says_why(house: House) -> None:
    bad = house.cwd / "bad"
    bad.write_text("#!/no/such/interpreter\n")
    bad.chmod(0o755)
    job = house.ended(house.command("./bad"))
    assert (job.status, job.reason_code) == (Status.FAILED, "cannot_start")
    assert "bad" in str(job.reason)


def test_cancel_ends_the_whole_tree(house: House) -> None:
    source = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    print(os.getpid(), flush=True)\n"
        "time.sleep(600)\n"
    )
    job = house.python(source)
    until(lambda: house.log(job).strip() if house.get(job).attempts else "", what="the child")
    child = int(house.log(job))
    house.service.jobs.cancel(WHO, job)
    ended = house.ended(job)
    assert (ended.status, ended.reason_code) == (Status.CANCELLED, "cancelled")
    assert gone(child)


def test_the_time_limit_is_kept(house: House) -> None:
    job = house.ended(house.shell("sleep 600", timeout="300ms"))
    assert (job.status, job.reason_code) == (Status.FAILED, "time_limit")
    assert job.reason == "stopped: ran longer than its time limit of 0.3 s"


def test_the_memory_limit_is_kept_for_the_whole_tree(house: House) -> None:
    eat = "import time; x = bytearray(120_000_000); time.sleep(600)"
    job = house.ended(house.shell(f'{sys.executable} -c "{eat}" & wait', memory="100MB"))
    assert (job.status, job.reason_code) == (Status.FAILED, "out_of_memory")
    assert str(job.reason).startswith("killed: used 1")
    assert str(job.reason).endswith("of 100.0 MB")


def test_progress_is_told_while_it_runs(house: House) -> None:
    line = '{"fraction": 0.25, "message": "a quarter", "data": {"n": 1}}'
    job = house.shell(f"""echo '{line}' >> "$JOBS_PROGRESS"; sleep 600""")
    until(lambda: house.get(job).progress, what="progress")
    progress = house.get(job).progress
    assert progress is not None
    assert (progress.fraction, progress.message, progress.data) == (0.25, "a quarter", {"n": 1})
    house.service.jobs.cancel(WHO, job)


def test_the_environment_is_the_submitters_and_ours(house: House) -> None:
    shown = "env | grep -E '^(JOBS|MINE|HOME|JUPYTER_TOKEN)' | sort"
    job = house.ended(house.shell(shown, env={"MINE": "1"}))
    names = dict(line.split("=", 1) for line in house.log(job.id).splitlines())
    assert names["MINE"] == "1"
    assert names["JOBS_ID"] == job.id
    assert names["JOBS_ATTEMPT"] == "1"
    assert Path(names["JOBS_OUTPUT_DIR"]).name == "outputs"
    assert "JOBS_BATCH" not in names


def test_outputs_of_every_kind(house: House) -> None:
    old = house.cwd / "old.csv"
    old.write_text("x\n")
    os.utime(old, (1, 1))  # clearly before the job: what was written just now may be its own
    script = 'echo 1 > new.csv; mkdir "$JOBS_OUTPUT_DIR/d"; echo 2 > "$JOBS_OUTPUT_DIR/d/t.tsv"'
    job = house.ended(house.shell(script, outputs=["*.csv"]))
    assert {o.name: o.media_type for o in job.outputs} == {
        "d/t.tsv": "text/tab-separated-values",
        "new.csv": "text/csv",
    }
    assert house.output(job, "new.csv") == house.cwd / "new.csv"
    assert all(o.sha256 and o.size == 2 for o in job.outputs)


def test_patterns_that_match_nothing_are_said_in_the_log(house: House) -> None:
    told = "jobs_ext: no new file matches outputs=['r*.csv']\n"
    job = house.ended(house.shell("echo 1 > s.csv; echo mine >&2", outputs=["s.csv", "r*.csv"]))
    assert (job.status, [o.name for o in job.outputs]) == (Status.SUCCEEDED, ["s.csv"])
    assert house.log(job.id, "stderr") == "mine\n" + told
    failed = house.ended(house.shell("echo mine >&2; exit 3", outputs=["r*.csv"]))
    assert failed.attempts[-1].log_tail == "mine"


def test_large_outputs_are_hashed_beside_the_loop(house: House) -> None:
    job = house.ended(house.shell('head -c 3000000 /dev/zero > "$JOBS_OUTPUT_DIR/big.bin"'))
    (big,) = job.outputs
    assert (big.size, big.sha256 and len(big.sha256)) == (3_000_000, 64)


def test_names_that_are_no_text_do_not_hurt(house: House) -> None:
    source = (
        "import os\n"
        "out = os.fsencode(os.environ['JOBS_OUTPUT_DIR'])\n"
        "open(out + b'/bad\\xff.txt', 'w').close()\n"
        "open(out + b'/two\\nlines.txt', 'w').close()\n"
    )
    job = house.ended(house.python(source))
    assert job.status is Status.SUCCEEDED
    assert {o.name for o in job.outputs} == {r"bad\xff.txt", "two\nlines.txt"}


def test_a_private_folder_has_copies_and_lists_what_is_new(house: House) -> None:
    (house.cwd / "in.txt").write_text("in")
    script = "cat in.txt; echo changed > in2.txt; echo new > out.txt"
    (house.cwd / "in2.txt").write_text("in2")
    job = house.ended(house.shell(script, cwd="private", inputs=["in.txt", "in2.txt"]))
    assert house.log(job.id) == "in"
    assert [o.name for o in job.outputs] == ["in2.txt", "out.txt"]
    assert (house.cwd / "in2.txt").read_text() == "in2"


def test_an_input_that_vanished_is_named(house: House) -> None:
    file = house.cwd / "in.txt"
    file.write_text("in")
    job = house.command("cat", "in.txt", cwd="private", inputs=["in.txt"], hold=True)
    file.unlink()
    house.service.jobs.release(WHO, job)
    ended = house.ended(job)
    assert (ended.status, ended.reason_code) == (Status.FAILED, "missing_input")
    assert str(file) in str(ended.reason)


def test_a_failed_job_is_tried_again(house: House) -> None:
    job = house.ended(house.shell('test "$JOBS_ATTEMPT" = 2', retries=1))
    assert job.status is Status.SUCCEEDED
    assert [a.status for a in job.attempts] == [Status.FAILED, Status.SUCCEEDED]


def test_one_job_after_another_by_output(house: House) -> None:
    first = house.shell('sleep 0.3; echo 42 > "$JOBS_OUTPUT_DIR/n.txt"')
    reference = {"$output": {"job": first, "name": "n.txt"}}
    second = house.submit(Target(command=["cat", "{file}"]), {"file": reference})
    assert house.ended(second).status is Status.SUCCEEDED
    assert house.log(second) == "42\n"


def test_an_attempt_goes_on_from_the_checkpoint_of_the_one_before(house: House) -> None:
    script = """
        mkdir -p "$JOBS_CHECKPOINT_DIR" && cd "$JOBS_CHECKPOINT_DIR" && echo $JOBS_ATTEMPT >> tries
        cat tries; pwd; test "$JOBS_ATTEMPT" = 2
    """
    job = house.ended(house.shell(script, retries=1))
    first, second, folder = house.log(job.id).splitlines()
    assert (job.status, first, second) == (Status.SUCCEEDED, "1", "2")
    house.service.trash.purge_job(WHO, job.id)
    until(lambda: not Path(folder).exists(), what="the folder to go")


def test_a_batch_runs_each_of_its_jobs_once(house: House) -> None:
    script = 'echo "$1 $JOBS_BATCH_INDEX" >> ran'
    target = Target(command=["bash", "-c", script, "x", "{k}"])
    batch = house.batch(target, [{"k": k} for k in range(20)])
    until(lambda: house.service.batches.get(WHO, batch).counts["SUCCEEDED"] == 20, what="the batch")
    ran = (house.cwd / "ran").read_text().splitlines()
    assert sorted(ran, key=lambda line: int(line.split()[0])) == [f"{k} {k}" for k in range(20)]


def test_no_more_runs_than_fits(house: House) -> None:
    jobs = [house.shell("sleep 600") for _ in range(3)]
    until(lambda: [house.get(j).status for j in jobs].count(Status.RUNNING) == 2, what="two")
    waiting = next(house.get(j) for j in jobs if house.get(j).status is Status.RUNNABLE)
    assert waiting.reason_code == "waiting_slots"
    for job in jobs:
        house.service.jobs.cancel(WHO, job)
    assert {house.ended(job).status for job in jobs} == {Status.CANCELLED}


TOOL = """
name = "count"
command = ["bash", "-c", 'cat "$@" | tee table.csv', "x", "{upper}", "{text}", "{more}"]
[inputs.text]
[inputs.more]
required = false
multiple = true
[parameters.upper]
type = "boolean"
default = false
flag = "-A"
[outputs.said]
path = "stdout"
[outputs.table]
path = "table.csv"
main = true
[outputs.extra]
path = "*.extra"
required = false
"""


def test_a_tool_runs_in_its_own_folder(house: House) -> None:
    house.tool(TOOL)
    (house.cwd / "a b.txt").write_text("a\t1\n")
    arguments = {"text": "a b.txt", "more": [str(house.cwd / "a b.txt")], "upper": True}
    job = house.ended(house.submit(Target(tool="count"), arguments))
    assert job.status is Status.SUCCEEDED, (job.reason, house.log(job.id, "stderr"))
    assert house.log(job.id) == "a^I1$\na^I1$\n"
    assert {o.name: o.main for o in job.outputs} == {"said": False, "table": True}
    assert house.output(job, "table").read_text() == "a^I1$\na^I1$\n"
    assert not (house.cwd / "table.csv").exists()


def test_an_uploaded_input_keeps_its_name(house: House) -> None:
    house.tool('name = "show"\ncommand = ["ls", "{file}"]\n[inputs.file]\n')
    upload = Upload("data set.csv", "text/csv", b"x\n")
    job = house.submit(Target(tool="show"), {"file": {"$part": "file"}}, {"file": upload})
    house.ended(job)
    assert house.log(job) == "data set.csv\n"


def test_a_missing_declared_output_fails_the_job(house: House) -> None:
    house.tool('name = "lazy"\ncommand = ["true"]\n[outputs.t]\npath = "t.csv"\n')
    job = house.ended(house.submit(Target(tool="lazy")))
    assert (job.status, job.reason_code) == (Status.FAILED, "missing_output")
    assert job.reason == "it did not write its output t (t.csv)"


def test_a_shell_tool_never_parses_a_value(house: House) -> None:
    house.tool(
        'name = "say"\nshell = true\n'
        "command = '''echo {word} | cat; echo \"<{word}>\" '<{word}>'; echo ${HOME:+home} {x}'''\n"
        '[parameters.word]\ntype = "string"\n'
    )
    word = """$(touch /tmp/pwned) `id` "quoted" 'single' ; * \\ end"""
    job = house.ended(house.submit(Target(tool="say"), {"word": word}))
    assert job.status is Status.SUCCEEDED, house.log(job.id, "stderr")
    assert house.log(job.id) == f"{word}\n<{word}> <{word}>\nhome {{x}}\n"


def test_parameters_by_environment(house: House) -> None:
    house.tool(
        'name = "env"\npass_as = "environment"\ncommand = ["sh", "-c", "echo $K $FLAG"]\n'
        '[parameters.K]\ntype = "integer"\n[parameters.FLAG]\ntype = "boolean"\ndefault = true\n'
    )
    job = house.ended(house.submit(Target(tool="env"), {"K": 3}))
    assert house.log(job.id) == "3 true\n"


def test_a_script_gets_options(house: House) -> None:
    script = house.cwd / "s.py"
    script.write_text("import sys; print(sys.argv[1:], sys.executable)")
    arguments = {"k": 2, "name": "a b", "on": True, "off": False, "xs": [1, 2], "no": None}
    job = house.ended(house.submit(Target(script="s.py"), arguments))
    options = ["--k", "2", "--name", "a b", "--on", "--xs", "1", "2"]
    assert house.log(job.id) == f"{options} {sys.executable}\n"
