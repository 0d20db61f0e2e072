"""A real kernel: it finds its server by itself, runs cells as jobs and shows errors shortly."""

from __future__ import annotations

import pytest

from tests.waiting import until

from .kernels import Kernel


@pytest.fixture(scope="module")
def kernel(server):
    kernel = Kernel(server)
    kernel.run(f"import os; os.chdir({str(server.work)!r})")
    kernel.run("import jobs_ext as jx\n%load_ext jobs_ext")
    yield kernel
    kernel.close()


def error_of(messages):
    errors = [m["content"] for m in messages if m["msg_type"] == "error"]
    assert len(errors) == 1, messages
    return errors[0]


def test_no_url_and_no_token(kernel):
    assert kernel.value("jx.submit(['true']).wait(60).status") == "SUCCEEDED"
    assert kernel.value("'JUPYTER_TOKEN' in os.environ") in ("True", "False")


def test_a_function_of_the_notebook_with_a_module_beside_it(kernel, server):
    (server.work / "helper.py").write_text("def twice(x):\n    return 2 * x\n")
    (server.work / "data.csv").write_text("v\n1\n2\n")
    kernel.run(
        "import helper\n"
        "def work(k):\n"
        "    import csv\n"
        "    return helper.twice(k) + len(list(csv.reader(open('data.csv'))))"
    )
    assert kernel.value("jx.submit(work, 5).result(60)") == "13"


def test_a_cell_as_a_job(kernel):
    kernel.run("import pandas as pd\ndf = pd.DataFrame({'a': [1, None, 3]})")
    shown = kernel.run(
        "%%job prep --inputs df --outputs clean, n\nclean = df.dropna()\nn = len(clean)"
    )
    display = next(m for m in shown if m["msg_type"] == "display_data")
    assert "application/vnd.jobs-ext.job.v1+json" in display["content"]["data"]
    assert kernel.value("prep.result(60)['n'], len(prep.result()['clean'])") == "2 2"
    assert kernel.value("len(prep.df())") == "2"


def test_periods_and_intervals_arrive_where_nothing_used_them_before(kernel):
    kernel.run(
        "import pandas as pd\n"
        "def months():\n"
        "    times = pd.period_range('2026-01', periods=2, freq='M')\n"
        "    return pd.DataFrame({'a': [1, 2]}, index=times)\n"
        "def ranges():\n"
        "    return pd.DataFrame({'a': [1, 2]}, index=pd.interval_range(0, 2))\n"
        "def index_of(frame):\n"
        "    return str(frame.index.dtype)"
    )
    for made, dtype in ("months", "period[M]"), ("ranges", "interval[int64, right]"):
        kernel.run(f"job = jx.submit({made})")
        assert kernel.value("jx.submit(index_of, job).result(60)") == dtype
        assert kernel.value("job.result().index.dtype, *job.outputs") == (f"{dtype} result.parquet")


def test_lines_of_the_magics_are_completed_by_what_may_stand_there(kernel):
    kernel.run("%reload_ext jobs_ext\nframe_of_tab = 1")

    def completed(line):
        return kernel.client.complete(line, reply=True, timeout=60)["content"]["matches"]

    assert completed("%%job tab --in") == ["--inputs"]
    assert completed("%%job tab --inputs frame_of") == ["frame_of_tab"]
    kernel.run("%%job tab_first --hold\n1")
    assert completed("%%job tab --after tab_f") == ["tab_first"]
    kernel.run("%%job tab_then --after tab_first\n1")
    assert kernel.value("tab_then.refresh().options['after'] == [tab_first.id]") == "True"
    kernel.run("tab_first.cancel()")
    assert completed("%job last lo") == ["logs"]
    assert completed("%jobs fa") == ["failed"]
    assert "math" in completed("import mat")


def test_jobs_are_looked_at_by_a_line(kernel):
    kernel.run("import math as m\nfrom pathlib import PurePath")
    kernel.run("%%job lined --outputs x\nprint(PurePath('a'))\nx = m.floor(2.5)")
    assert kernel.value("get_ipython().run_line_magic('job', 'lined result')") == "{'x': 2}"
    assert "a\n" in text_of(kernel.run("%job lined logs"))
    assert kernel.value("get_ipython().run_line_magic('job', '').id == jx.last().id") == "True"
    told = error_of(kernel.run("%job lined lgos"))
    assert "Did you mean 'logs'" in "\n".join(told["traceback"])
    matches = "get_ipython().complete('', {0!r}, {1})[1]"
    assert "lined" in kernel.value(matches.format("%job li", 7))
    assert "--memory" in kernel.value(matches.format("%%job name --me", 15))


def text_of(messages):
    return "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")


def test_a_cell_may_keep_a_result_and_await(kernel):
    kernel.run("%%job kept --outputs result\nimport asyncio\nresult = await asyncio.sleep(0, 5)")
    assert kernel.value("kept.result(60), list(kept.outputs)") == "{'result': 5} ['result.json']"


def test_the_value_of_the_last_line_of_a_cell_is_in_its_log(kernel):
    kernel.run("%%job told\nx = 20\nx + 1")
    kernel.run("%%job silent\nx = 20\nx + 1;")
    assert kernel.value("told.wait(60).logs()") == "21"
    assert kernel.value("silent.wait(60).logs()") == ""


def test_what_a_function_uses_can_be_pickled_by_its_name(kernel):
    kernel.run(
        "import pickle\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "def square(x):\n    return x * x\n"
        "class Side:\n    def __init__(self, a):\n        self.a = a\n"
        "def spread(side):\n"
        "    with ProcessPoolExecutor(1) as pool:\n"
        "        return [*pool.map(square, [pickle.loads(pickle.dumps(side)).a])]"
    )
    assert kernel.value("jx.submit(spread, Side(3)).result(60)") == "[9]"


def test_functions_that_remember_go_along(kernel):
    kernel.run(
        "import functools\n@functools.cache\ndef fib(n):\n"
        "    return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
        "def uses(n):\n    return fib(n), fib.cache_info().currsize"
    )
    assert kernel.value("fib(5), jx.submit(uses, 30).result(60)") == "5 (832040, 31)"
    assert kernel.value("jx.options(cache='reuse').submit(fib, 20).result(60)") == "6765"


def test_a_crash_shows_where_it_was(kernel):
    kernel.run("import ctypes\ndef crash():\n    ctypes.string_at(0)")
    kernel.run("crashed = jx.submit(crash).wait(60)")
    assert "Segmentation fault in string_at" in kernel.value("crashed.reason")
    assert "line 3 in crash" in kernel.value("crashed.logs()")


def test_a_failing_function_shows_its_lines_and_is_caught_by_its_type(kernel):
    kernel.run("class Broken(Exception): pass\ndef deep(x):\n    raise Broken(x)  # here\n")
    kernel.run("def breaks(x):\n    return [deep(one) for one in [x]] if x else {}['k']")
    (shown,) = error_of(kernel.run("jx.submit(breaks, 3).result(60)"))["traceback"]
    assert shown.startswith("Broken: Job 'breaks' failed: Broken: 3.")
    assert "raise Broken(x)  # here" in shown
    caught = "try: jx.submit(breaks, {0}).result(60)\nexcept {1} as error: print('caught')"
    assert "caught" in text_of(kernel.run(caught.format(1, "Broken")))
    assert "caught" in text_of(kernel.run(caught.format(0, "KeyError")))


def test_a_failing_cell_shows_its_own_lines_alone(kernel):
    kernel.run("%%job failing\nx = 0\n1 / x")
    (shown,) = error_of(kernel.run("failing.result(60)"))["traceback"]
    assert 'File "<cell failing>", line 2' in shown
    assert "magics.py" not in shown


def test_names_the_cell_lacks_are_said_before_it_is_sent(kernel):
    error = error_of(kernel.run("%%job bad\nx = df.dropna()"))
    assert error["ename"] == "InvalidRequest"
    assert len(error["traceback"]) == 1
    assert "--inputs df" in error["traceback"][0]


def test_errors_are_one_short_line(kernel):
    error = error_of(kernel.run("jx.submit('wcc', text='data.csv')"))
    assert error["ename"] == "InvalidRequest"
    assert len(error["traceback"]) == 1
    assert "Did you mean 'wc'" in error["traceback"][0]


def test_an_unpicklable_thing_is_named(kernel):
    kernel.run("import threading\nmy_lock = threading.Lock()\ndef f():\n    return my_lock")
    error = error_of(kernel.run("jx.submit(f)"))
    assert error["ename"] == "NotPicklable"
    assert "my_lock" in error["traceback"][0]


def test_the_output_that_shows_a_job_gets_its_final_snapshot(kernel):
    shown = kernel.run("job = jx.options(hold=True).submit(['true'])\njob")
    first = next(m for m in shown if m["msg_type"] == "display_data")
    mime = "application/vnd.jobs-ext.job.v1+json"
    assert first["content"]["data"][mime]["view"]["final"] is False
    updated = kernel.run("_ = job.release().wait(60)")
    last = next(m for m in updated if m["msg_type"] == "update_display_data")
    assert last["content"]["transient"] == first["content"]["transient"]
    assert last["content"]["data"][mime]["view"]["status"] == "SUCCEEDED"


def test_awaiting_in_a_cell(kernel):
    kernel.run("out = await jx.submit(lambda: 42)")
    assert kernel.value("out") == "42"


def progress_of(messages):
    ours = [m for m in messages if m["content"].get("metadata") == {"jobs_ext": "progress"}]
    texts = [m["content"]["data"]["text/plain"] for m in ours]
    return [m["msg_type"] for m in ours], texts


def test_a_wait_shows_one_line_unless_a_card_does(kernel):
    kernel.run("naps = jx.options(hold=True).map(['sleep', '{s}'], [0.8, 0.8])")
    kinds, texts = progress_of(kernel.run("for _ in jx.as_completed(naps.release()): print('one')"))
    assert kinds == ["display_data", *["update_display_data"] * (len(kinds) - 1)]
    assert texts[-1].startswith("sleep {s}: [####################] 2 of 2 done, ")
    told = "nap = jx.options(hold=True).submit(['sleep', '0.8'])\n"
    kinds, texts = progress_of(kernel.run(f"{told}out = await nap.release()"))
    assert kinds[0] == "display_data"
    assert texts[-1].startswith("sleep 0.8: SUCCEEDED, ")
    kernel.run(f"{told}nap")
    assert progress_of(kernel.run("_ = nap.release().wait()")) == ([], [])


@pytest.mark.parametrize("waits", ["long.wait()", "await long"])
def test_an_interrupt_while_waiting_is_short_and_harmless(kernel, waits):
    kernel.run("long = jx.submit(['sleep', '600'])")
    identity = kernel.client.execute(waits)
    until(lambda: progress_of([kernel.client.get_iopub_msg(timeout=60)])[0], what="a line of it")
    kernel.session.post(f"{kernel.url}/{kernel.id}/interrupt", timeout=60)
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") == identity and message["msg_type"] == "error":
            break
    kernel.client.get_shell_msg(timeout=60)
    assert "goes on" in "".join(message["content"]["traceback"])
    assert len(message["content"]["traceback"]) == 1
    assert kernel.value("long.status in ('RUNNING', 'STARTING', 'RUNNABLE')") == "True"
    kernel.run("long.cancel()")
