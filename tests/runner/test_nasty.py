"""Jobs that behave badly: each ends, is told the truth of, and leaves nothing behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

from jobs_ext.model.job import Job
from jobs_ext.model.query import JobQuery
from jobs_ext.model.status import Status
from jobs_ext.runner.keeper import processes
from tests.runner.house import WHO, House
from tests.runner.keepers import gone
from tests.waiting import until


def names(job: Job) -> list[str]:
    return [output.name for output in job.outputs]


def said(house: House, job: str, word: str) -> None:
    until(lambda: word in (house.log(job) if house.get(job).attempts else ""), what=word)


def gone_from(house: House, job: str) -> bool:
    """Whether a job has ended, asked without reading all of its outputs."""
    query = JobQuery(ids=[job], status=[Status.SUCCEEDED], limit=1)
    return bool(house.service.jobs.list(WHO, query).items)


def marked(job: str) -> set[int]:
    """The processes that carry a job in their environment."""
    mark = [f"JOBS_ID={job}".encode()]
    return {pid for pid in processes.table() if processes.carries(pid, mark)}


def test_a_child_that_hides_is_ended_with_its_parent(house: House) -> None:
    """Forked twice, in a session of its own, its streams closed; it outlives its parent."""
    source = (
        "import os, sys, time\n"
        "if os.fork(): sys.exit()\n"
        "os.setsid()\n"
        "if os.fork(): os._exit(0)\n"
        "open('child', 'w').write(str(os.getpid()))\n"
        "[os.close(n) for n in range(3)]\n"
        "while True: time.sleep(0.01); open('grows', 'a').write('x')\n"
    )
    job = house.ended(house.python(source))
    assert (job.status, job.attempts[0].exit_code) == (Status.SUCCEEDED, 0)
    child = house.cwd / "child"
    if told := child.exists() and child.read_text():  # it may have been ended before it wrote
        assert gone(int(told))
    assert not marked(job.id)


def test_a_child_that_outlives_its_parent_and_goes_on_writing(house: House) -> None:
    child = "trap '' TERM HUP; while :; do echo still here; sleep 0.01; done"
    script = f"({child}) & echo parent; exit 4"
    job = house.ended(house.shell(script))
    assert job.attempts[0].exit_code == 4
    before = house.log(job.id)
    assert "parent" in before
    assert not marked(job.id)
    assert house.log(job.id) == before


def test_two_hundred_processes_are_cancelled_as_one(house: House) -> None:
    script = "for n in $(seq 200); do sleep 600 & done; trap '' TERM; echo ready; wait; wait"
    job = house.shell(script, grace="200ms")
    said(house, job, "ready")
    assert len(marked(job)) >= 200
    house.service.jobs.cancel(WHO, job)
    assert house.ended(job).status is Status.CANCELLED
    assert not marked(job)


def test_closed_streams_do_not_hurt(house: House) -> None:
    job = house.ended(house.shell("exec 0<&- 1>&- 2>&-; sleep 0.1; exit 7"))
    assert (job.reason_code, job.reason) == ("exit_code", "exited with code 7")


def test_a_job_that_removes_its_own_folder(house: House) -> None:
    job = house.ended(house.shell('echo x > y; rm -rf "$PWD" "$JOBS_OUTPUT_DIR"', cwd="private"))
    assert (job.status, job.outputs) == (Status.SUCCEEDED, [])


def test_a_job_that_removes_all_that_is_known_of_it(house: House) -> None:
    job = house.ended(house.shell('rm -rf "$(dirname "$JOBS_OUTPUT_DIR")"; exit 3', cwd="private"))
    assert (job.reason_code, job.reason) == ("exit_code", "exited with code 3")
    assert house.log(job.id) == ""


def test_files_of_every_name_are_outputs(house: House) -> None:
    source = (
        "import os\n"
        "os.chdir(os.environ['JOBS_OUTPUT_DIR'])\n"
        "wild = [b'new\\nline', b'\"double\" \\'single\\'', b'-rf', b' ', b'*']\n"
        "wild += [b'caf\\xe9', b'caf\\xe8']\n"
        "for name in wild: open(name, 'wb').write(name)\n"
        "os.makedirs(b'd\\xff')\n"
        "open(b'd\\xff/inner', 'w').write('deep')\n"
    )
    job = house.ended(house.python(source))
    expected = {
        "new\nline": b"new\nline",
        "\"double\" 'single'": b"\"double\" 'single'",
        "-rf": b"-rf",
        " ": b" ",
        "caf\\xe9": b"caf\xe9",
        "caf\\xe8": b"caf\xe8",
        "*": b"*",
        "d\\xff/inner": b"deep",
    }
    assert sorted(names(job)) == sorted(expected)
    for name, content in expected.items():
        found = house.service.outputs.find(WHO, job.id, name)
        assert Path(str(found.path)).read_bytes() == content
    outputs = house.paths.attempt(job.id, 1).outputs
    assert os.fsdecode(b"caf\xe9") in {path.name for path in outputs.iterdir()}  # as it was made


def test_ten_thousand_outputs_in_bounded_time(house: House) -> None:
    source = (
        "import os\n"
        "os.chdir(os.environ['JOBS_OUTPUT_DIR'])\n"
        "for n in range(10_050): open(f'{n:05}', 'w').close()\n"
    )
    job = house.python(source)
    other = house.shell("true")
    assert house.ended(other).status is Status.SUCCEEDED  # it is not held up for long
    until(lambda: gone_from(house, job), what="its end")
    listed = house.get(job)
    assert listed.n_outputs == 10_000
    assert names(listed)[0] == "00000"
    assert house.service.outputs.list(WHO, job, limit=500).next


def test_what_is_no_file_is_no_output(house: House) -> None:
    source = (
        "import os, socket\n"
        "os.chdir(os.environ['JOBS_OUTPUT_DIR'])\n"
        "os.mkfifo('pipe')\n"
        "socket.socket(socket.AF_UNIX).bind('socket')\n"
        "os.symlink('/dev/zero', 'device')\n"
        "os.symlink('nowhere', 'broken')\n"
        "os.symlink('loop', 'loop')\n"
        "os.symlink('/', 'root')\n"
        "os.symlink('..', 'up')\n"
        "open('file', 'w').write('x')\n"
    )
    job = house.ended(house.python(source))
    assert (job.status, names(job)) == (Status.SUCCEEDED, ["file"])


def test_a_file_that_cannot_be_read_is_listed_without_hash(house: House) -> None:
    script = 'cd "$JOBS_OUTPUT_DIR"; echo x > shut; chmod 000 shut; mkdir dark; echo x > dark/in'
    job = house.ended(house.shell(f"{script}; chmod 000 dark; echo y > open"))
    assert job.status is Status.SUCCEEDED
    assert {"shut", "open"} <= set(names(job))
    if os.getuid():
        assert {o.name: o.sha256 for o in job.outputs}["shut"] is None
    (house.paths.attempt(job.id, 1).outputs / "dark").chmod(0o700)  # so that it can be removed


def test_a_huge_file_of_holes_is_not_read(house: House) -> None:
    job = house.ended(house.shell('truncate -s 4T "$JOBS_OUTPUT_DIR/holes"'))
    assert [(o.name, o.size, o.sha256) for o in job.outputs] == [("holes", 4 * 2**40, None)]


def test_any_bytes_in_the_log_are_read_exactly(house: House) -> None:
    """NUL, broken UTF-8, a line of a megabyte: pieces by offset join to the whole."""
    source = (
        "import sys\n"
        "w = sys.stdout.buffer.write\n"
        "w(b'a\\0b\\n' + b'\\xff\\xfe\\xe9\\n' + 'é€😀'.encode() * 1000)\n"
        "w(b'\\n' + b'x' * 1_000_000)\n"
        "w(b'\\xf0\\x9f')\n"
    )
    job = house.ended(house.python(source))
    raw = house.paths.attempt(job.id, 1).stdout.read_bytes()
    texts, offset, final = [], 0, False
    while not final:
        chunk = house.service.logs.read(WHO, job.id, offset=offset, limit=9_973)
        assert chunk.offset == offset
        assert chunk.text == raw[offset : chunk.next].decode(errors="replace")
        texts.append(chunk.text)
        offset, final = chunk.next, chunk.final
    assert offset == len(raw)
    assert "".join(texts).startswith("a\0b\n\ufffd\ufffd\ufffd\né€😀")


def test_an_output_that_still_grows_is_told_as_it_was(house: House) -> None:
    """Something outside of the job goes on writing while outputs are collected."""
    job = house.shell('echo begun; echo 0 > "$JOBS_OUTPUT_DIR/grows"; sleep 0.3')
    said(house, job, "begun")
    path = house.paths.attempt(job, 1).outputs / "grows"
    while not (ended := house.get(job)).status.final:
        with path.open("ab") as file:
            file.write(os.urandom(100_000))
        time.sleep(0.001)
    assert ended.status is Status.SUCCEEDED
    assert [o.name for o in ended.outputs] == ["grows"]
    assert 0 < ended.outputs[0].size <= path.stat().st_size


def test_attempts_are_kept_apart(house: House) -> None:
    script = 'echo try $JOBS_ATTEMPT | tee "$JOBS_OUTPUT_DIR/o"; [ $JOBS_ATTEMPT = 2 ]'
    job = house.ended(house.shell(script, retries=2))
    assert job.status is Status.SUCCEEDED
    first, second = job.attempts
    assert (first.status, second.status) == (Status.FAILED, Status.SUCCEEDED)
    assert (first.reason, first.log_tail) == ("exited with code 1: try 1", "try 1")
    assert first.stop is not None
    assert second.start is not None
    assert second.start > first.stop  # after the back-off
    for number in (1, 2):
        log = house.service.logs.read(WHO, job.id, attempt=number)
        assert (log.text, log.final) == (f"try {number}\n", True)
    assert house.output(job, "o").read_text() == "try 2\n"
