"""Faults as an analyst meets them: each must be clear from its one sentence."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cloudpickle
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jobs_ext.model.job import Job
from jobs_ext.model.reasons import ReasonCode
from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from jobs_ext.service import Upload
from tests.runner.house import WHO, House, open_house, socket_folder
from tests.waiting import until

Fault = Callable[[House], str]  # submits a job that will fail, and returns its id
FAULTS: dict[str, tuple[Fault, ReasonCode, str]] = {}


def fault(code: ReasonCode, sentence: str) -> Callable[[Fault], Fault]:
    """Note a fault, and what a pattern says that its sentence must be."""

    def note(make: Fault) -> Fault:
        FAULTS[make.__name__] = (make, code, sentence)
        return make

    return note


def spoilt(house: House, submit: Callable[[], str], spoil: Callable[[], object]) -> str:
    """Submit a held job, take away what it needs, and let it go."""
    job = submit()
    spoil()
    house.service.jobs.release(WHO, job)
    return job


def program(house: House, name: str, text: str = "#!/bin/sh\n") -> Path:
    path = house.cwd / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def function(house: House, source: str) -> str:
    space: dict[str, Callable[..., object]] = {}
    exec(source, {"__name__": "__main__"}, space)
    pickled = cloudpickle.dumps(space["f"])
    return uploaded(house, pickled)


def uploaded(house: House, pickled: bytes) -> str:
    parts = {"f": Upload("f", "application/octet-stream", pickled)}
    return house.submit(Target(function="f", qualname="f"), {}, parts)


def notebook(house: House, name: str, *cells: str) -> str:
    path = house.cwd / name
    nbformat.write(new_notebook(cells=[new_code_cell(c) for c in cells]), path)
    return house.submit(Target(notebook=str(path)))


def struck(house: House, number: int) -> str:
    """Send a running job a signal."""
    job = house.shell("echo $$; exec sleep 600")
    until(lambda: house.get(job).attempts and house.log(job), what="its pid")
    os.kill(int(house.log(job)), number)
    return job


@fault(ReasonCode.EXIT_CODE, r"exited with code 3: the table has no column x")
def an_exit_code(house: House) -> str:
    return house.shell("echo first >&2; echo 'the table has no column x' >&2; exit 3")


@fault(ReasonCode.EXIT_CODE, r"exited with code 2: ERROR: no such sample")
def an_exit_code_explained_on_stdout(house: House) -> str:
    return house.shell("echo working; echo 'ERROR: no such sample'; exit 2")


@fault(ReasonCode.EXIT_CODE, r"exited with code 1: ValueError: red text")
def an_exit_code_explained_in_colour(house: House) -> str:
    return house.python(r"raise ValueError('\x1b[1;31mred\x1b[0m text')")


@fault(ReasonCode.SIGNAL, "killed by SIGSEGV: it used memory that is not its own, or .* of stack")
def a_crash(house: House) -> str:
    return house.python("import ctypes; ctypes.string_at(0)")


@fault(ReasonCode.SIGNAL, r"killed by SIGABRT: it gave up by itself; its last line: corrupt index")
def an_abort(house: House) -> str:
    return house.shell("echo corrupt index >&2; kill -ABRT $$")


@fault(ReasonCode.EXIT_CODE, r"exited with code 139 \(a program in it was killed by SIGSEGV\).*")
def a_crash_inside_a_shell(house: House) -> str:
    return house.shell("sh -c 'kill -SEGV $$'; exit $?")


@fault(ReasonCode.SIGNAL, r"killed by SIGKILL: something other than jobs_ext killed it")
def a_kill_by_somebody(house: House) -> str:
    return struck(house, signal.SIGKILL)


@fault(ReasonCode.SIGNAL, r"killed by SIGTERM: something other than jobs_ext told it to end")
def an_end_by_somebody(house: House) -> str:
    return struck(house, signal.SIGTERM)


@fault(ReasonCode.OUT_OF_MEMORY, r"killed: used 1\d\d\.\d MB of 100\.0 MB")
def too_much_memory(house: House) -> str:
    return house.python("import time; x = bytearray(130_000_000); time.sleep(60)", memory="100MB")


@fault(ReasonCode.TIME_LIMIT, r"stopped: ran longer than its time limit of 0\.5 s")
def too_much_time(house: House) -> str:
    return house.shell("sleep 60", timeout="0.5s")


@fault(ReasonCode.LOG_LIMIT, r"killed: wrote more than 1\.0 MB to its log")
def too_much_log(house: House) -> str:
    return house.shell("yes", max_log_size="1MB")


@fault(ReasonCode.OUTPUT_LIMIT, r"its files took more than 5\.0 MB of the disk")
def too_many_outputs(house: House) -> str:
    script = 'head -c 6000000 /dev/zero > "$JOBS_OUTPUT_DIR/x"'
    return house.shell(script, max_output_size="5MB")


@fault(ReasonCode.DISK_FULL, r"exited with code 1: OSError: \[Errno 28\] No space left on device")
def a_full_disk(house: House) -> str:
    return house.python("open('/dev/full', 'wb', 0).write(b'x')")


@fault(ReasonCode.EXIT_CODE, r"exited with code 127 \(command not found\): .*no-such-tool.*")
def a_command_that_a_shell_does_not_find(house: House) -> str:
    return house.shell("no-such-tool")


@fault(ReasonCode.CANNOT_START, r"\./gone: command not found")
def a_program_that_was_removed(house: House) -> str:
    path = program(house, "gone")
    return spoilt(house, lambda: house.command("./gone", hold=True), path.unlink)


@fault(ReasonCode.CANNOT_START, r"\./plain: it is not executable: Permission denied")
def a_program_that_may_not_run(house: House) -> str:
    path = program(house, "plain")
    return spoilt(house, lambda: house.command("./plain", hold=True), lambda: path.chmod(0o644))


@fault(ReasonCode.CANNOT_START, r"\./odd: .* its first line names was not found: /no/such/python")
def a_program_of_no_interpreter(house: House) -> str:
    path = program(house, "odd")
    change = lambda: path.write_text("#!/no/such/python\n")  # noqa: E731 - spoils it
    return spoilt(house, lambda: house.command("./odd", hold=True), change)


@fault(ReasonCode.CANNOT_START, r"\./dos: .* was not found: /bin/sh; .* as in Windows \(CR LF\)")
def a_program_from_windows(house: House) -> str:
    program(house, "dos").write_bytes(b"#!/bin/sh\r\necho\r\n")
    return house.command("./dos")


@fault(ReasonCode.EXIT_CODE, r"exited with code 127 \((.* as in Windows: CR LF|command .*)\): .*")
def a_python_script_from_windows(house: House) -> str:
    program(house, "win").write_bytes(b"#!/usr/bin/env python3\r\nprint(1)\r\n")
    return house.command("./win")


@fault(ReasonCode.CANNOT_START, r"\./far: it was built for another system: its loader was .*")
def a_program_of_another_system(house: House) -> str:
    path = program(house, "far")
    true = Path("/bin/true").read_bytes()
    path.write_bytes(true.replace(b"/ld-linux", b"/no-linux"))
    return house.command("./far")


@fault(ReasonCode.EXIT_CODE, r"exited with code 127 \(a library that it needs .*\): \./x: .*")
def a_library_that_is_missing(house: House) -> str:
    said = "./x: error while loading shared libraries: libx.so: cannot open shared object file"
    return house.shell(f"echo '{said}' >&2; exit 127")


@fault(ReasonCode.EXIT_CODE, r"exited with code 1: ValueError: no column x; its last line: bye")
def an_exception_and_a_farewell(house: House) -> str:
    farewell = "import atexit, sys; atexit.register(print, 'bye', file=sys.stderr)"
    return house.python(f"{farewell}; raise ValueError('no column x')")


@fault(ReasonCode.EXIT_CODE, r"exited with code 1: AssertionError \(<string>, line 2\)")
def an_assertion_that_says_nothing(house: House) -> str:
    return house.python("x = 1\nassert x > 1")


@fault(ReasonCode.EXIT_CODE, r"exited with code 1: SyntaxError: invalid .* \(bad\.py, line 1\)")
def a_script_that_is_no_python(house: House) -> str:
    return house.submit(Target(script=str(program(house, "bad.py", "x = = 1\n"))))


@fault(ReasonCode.CANNOT_START, r"its folder can't be entered: /.*/away: No such file or directory")
def a_folder_that_was_removed(house: House) -> str:
    folder = house.root / "away"
    folder.mkdir()
    return spoilt(house, lambda: house.shell("true", cwd=str(folder), hold=True), folder.rmdir)


@fault(ReasonCode.MISSING_INPUT, r"an input is gone: /.*/rows\.csv")
def an_input_that_was_removed(house: House) -> str:
    path = house.cwd / "rows.csv"
    path.write_text("x")
    options = {"cwd": "private", "inputs": ["rows.csv"], "hold": True}
    return spoilt(house, lambda: house.shell("true", **options), path.unlink)


@fault(ReasonCode.MISSING_INPUT, r"the script is gone: /.*/plan\.py")
def a_script_that_was_removed(house: House) -> str:
    path = program(house, "plan.py")
    return spoilt(house, lambda: house.submit(Target(script=str(path)), hold=True), path.unlink)


@fault(ReasonCode.MISSING_OUTPUT, r"it did not write its output table \(t\.csv\)")
def an_output_that_was_not_written(house: House) -> str:
    house.tool('name = "idle"\ncommand = ["true"]\n[outputs.table]\npath = "t.csv"\n')
    return house.submit(Target(tool="idle"), {})


@fault(
    ReasonCode.IMPORT_ERROR,
    rf"ModuleNotFoundError: No module named 'no_such_module' \(under {re.escape(sys.executable)}\)",
)
def a_module_that_is_not_there(house: House) -> str:
    return function(house, "def f():\n    import no_such_module\n")


@fault(ReasonCode.EXCEPTION, r"KeyError: 'sample_7'")
def an_exception(house: House) -> str:
    return function(house, "def f():\n    raise KeyError('sample_7')\n")


@fault(ReasonCode.EXCEPTION, r"AssertionError: raised in f, line 2")
def a_function_that_says_nothing(house: House) -> str:
    return function(house, "def f():\n    assert 1 > 2\n")


@fault(ReasonCode.EXCEPTION, r"ExceptionGroup: two \(2 .*\): ValueError: a; KeyError: 'b'")
def several_exceptions(house: House) -> str:
    within = "[ValueError('a'), ExceptionGroup('one', [KeyError('b')])]"
    return function(house, f"def f():\n    raise ExceptionGroup('two', {within})\n")


@fault(ReasonCode.OUT_OF_MEMORY, r"MemoryError: .*; it asked for more memory than there is")
def more_memory_than_there_is(house: House) -> str:
    return function(house, "def f():\n    bytearray(10**15)\n")


@fault(ReasonCode.MISSING_OUTPUT, r"it exited before the function returned")
def a_function_that_exits(house: House) -> str:
    return function(house, "def f():\n    import sys\n    sys.exit()\n")


@fault(ReasonCode.EXCEPTION, r"UnpicklingError: the function can't be loaded: .*invalid load key.*")
def a_function_that_is_no_pickle(house: House) -> str:
    return uploaded(house, b"nothing of the kind")


@fault(ReasonCode.EXCEPTION, r"UnpicklingError: the function can't be loaded: EOFError: .*")
def a_function_that_was_cut(house: House) -> str:
    return uploaded(house, b"")


@fault(ReasonCode.EXCEPTION, r"TypeError: what was sent as the function is a int")
def a_function_that_is_none(house: House) -> str:
    return uploaded(house, pickle.dumps(1))


@fault(ReasonCode.EXCEPTION, r"NotebookError: there is no kernel 'soon-gone' here; known: .*")
def a_kernel_that_was_removed(house: House) -> str:
    path, spec = house.cwd / "kernel.ipynb", house.root / "share" / "kernels" / "soon-gone"
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), path)
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text('{"argv": ["true"], "display_name": "", "language": ""}')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(house.root / "share"))
        return spoilt(
            house,
            lambda: house.submit(Target(notebook=str(path)), kernel="soon-gone", hold=True),
            lambda: shutil.rmtree(spec),
        )


@fault(ReasonCode.EXCEPTION, r"TypeError: the function returned a lock, which can't be kept: .*")
def a_value_that_cannot_be_kept(house: House) -> str:
    return function(house, "def f():\n    import threading\n    return threading.Lock()\n")


@fault(ReasonCode.EXCEPTION, r"TypeError: the function returned a Odd, which can't .*: not me")
def a_value_that_refuses(house: House) -> str:
    refuses = "def __reduce__(self): raise RuntimeError('not me')"
    return function(house, f"def f():\n    class Odd:\n        {refuses}\n    return Odd()\n")


@fault(ReasonCode.EXCEPTION, r"cell 2 failed: ZeroDivisionError: division by zero")
def a_cell_that_fails(house: House) -> str:
    return notebook(house, "cells.ipynb", "x = 1", "x / 0")


@fault(ReasonCode.EXCEPTION, r"cell 1 failed: DeadKernelError: .* died: killed by SIGKILL: .*")
def a_kernel_that_dies(house: House) -> str:
    return notebook(house, "dies.ipynb", "import os; os.kill(os.getpid(), 9)")


@fault(ReasonCode.DEPENDENCY_FAILED, r"prepare, which it needs, failed: exited with code 1")
def a_job_before_it_that_failed(house: House) -> str:
    return house.shell("true", after=[house.shell("exit 1", name="prepare")])


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Job]]:
    """Every fault, met; the jobs run side by side."""
    root = tmp_path_factory.mktemp("faults")
    with socket_folder() as sockets, open_house(root, sockets) as house:
        met = {name: make(house) for name, (make, _, _) in FAULTS.items()}
        yield lambda name: house.ended(met[name])


@pytest.mark.parametrize("name", FAULTS)
def test_the_sentence_alone_says_what_happened(ended: Callable[[str], Job], name: str) -> None:
    _, code, sentence = FAULTS[name]
    job = ended(name)
    ran_never = code is ReasonCode.DEPENDENCY_FAILED
    assert job.status is (Status.CANCELLED if ran_never else Status.FAILED)
    assert job.reason_code == code, job.reason
    assert re.fullmatch(sentence, job.reason or ""), job.reason


def test_a_failure_carries_the_last_lines_of_its_log(ended: Callable[[str], Job]) -> None:
    assert ended("an_exit_code").attempts[0].log_tail == "first\nthe table has no column x"
    tail = ended("an_exception").attempts[0].log_tail
    assert tail is not None
    assert tail.startswith("Traceback")
    assert tail.endswith("KeyError: 'sample_7'")
    assert ended("an_output_that_was_not_written").attempts[0].log_tail is None


def test_a_lost_job_says_so(own_house: House) -> None:
    job = own_house.shell("echo so far; sleep 600")
    until(lambda: own_house.get(job).attempts and own_house.log(job), what="its log")
    own_house.reached(job, Status.RUNNING)
    os.kill(own_house.keeper_pid, signal.SIGKILL)
    ended = own_house.ended(job)
    assert (ended.status, ended.reason_code) == (Status.FAILED, ReasonCode.LOST)
    assert str(ended.reason).startswith("lost: ")
    assert ended.attempts[0].log_tail == "so far"


def test_no_secret_gets_into_reason_or_tail(house: House) -> None:
    script = 'echo "denied for $API_TOKEN" >&2; exit 1'
    job = house.ended(house.shell(script, env={"API_TOKEN": "s3cr3t-value"}))
    assert job.reason == "exited with code 1: denied for ***"
    assert job.attempts[0].log_tail == "denied for ***"


def test_a_store_that_is_older_than_its_journal_says_so(own_house: House) -> None:
    job = own_house.command("true", hold=True)
    with sqlite3.connect(own_house.paths.db) as store, sqlite3.connect(":memory:") as backup:
        store.backup(backup)
        own_house.service.jobs.release(WHO, job)
        assert own_house.ended(job).status is Status.SUCCEEDED
        own_house.kill_runner()
        backup.backup(store)
    assert own_house.get(job).status is Status.PENDING
    own_house.start()
    own_house.service.jobs.release(WHO, job)
    failed = own_house.ended(job)
    assert failed.reason == (
        "it ran before: the job store is older than the journal, as a backup would be"
    )
    assert failed.reason_code == ReasonCode.CANNOT_START
