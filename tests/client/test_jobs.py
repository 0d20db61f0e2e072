"""Single jobs, end to end against a real server and runner."""

from __future__ import annotations

import asyncio
import copy
import pickle
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import polars as pl
import pytest

import jobs_ext as jx
from jobs_ext.client import waiting
from jobs_ext.model.view import MIME
from tests.waiting import until


@pytest.fixture(autouse=True)
def _text(server):
    (server.work / "data.txt").write_text("one two\nthree\n")
    (server.work / "t.csv").write_text("a,b\n1,x\n2,y\n")


def python(code):
    return [sys.executable, "-c", code]


def add(a, b=1):
    return a + b


def fails(x):
    raise ValueError(f"no {x}")


add.__module__ = fails.__module__ = "__main__"  # as in a notebook


def test_a_tool(client):
    job = jx.submit("wc", text="data.txt")
    assert job.wait(60).status == "SUCCEEDED"
    assert "data.txt" in job.result()["counts"].text() if "counts" in job.outputs else job.logs()
    assert job.id == jx.last().id == jx.get(job.id).id


def test_a_tools_outputs_have_its_names_and_their_files(client, server, tmp_path):
    (server.work / "st.tsv").write_text("ST\ta\tb\n1\t1\t1\n2\t1\t2\n3\t8\t9\n")
    job = jx.submit("goeburst", profiles="st.tsv")
    outputs = job.result(60)
    assert outputs["links"].text() == outputs["links.csv"].text()
    assert {path.name for path in job.save(tmp_path)} >= {"complexes.csv", "links.csv", "loci.csv"}
    assert outputs["links"].save(tmp_path).name == "links.csv"
    assert list(job.df().columns) == ["source", "target", "distance"]
    assert len(job.df("complexes")) == 1


def test_a_table_that_a_failed_job_did_not_write_raises_why_it_failed(client, server):
    (server.work / "text.txt").write_text("no table\n")
    job = jx.submit("goeburst", profiles="text.txt")
    with pytest.raises(jx.errors.JobFailed, match="not a table of profiles"):
        job.df("complexes")


def test_the_tools_are_a_table(client):
    tools = jx.tools()
    assert "wc-1.0" in [tool.id for tool in tools]
    assert "<td>wc-1.0</td>" in tools._repr_html_()
    assert "wc-1.0" in list(tools.df()["id"])


def test_a_tool_that_is_switched_off_is_marked(client, server):
    (server.work / "tools").mkdir(exist_ok=True)
    file = server.work / "tools" / "off.toml"
    file.write_text('name = "off"\ncommand = ["true"]\nenabled = false\n')
    assert "off-1.0: (switched off)" in repr(jx.tools())
    file.unlink()


def test_a_command_runs_here(client, server, monkeypatch):
    (server.work / "below").mkdir()
    (server.work / "below" / "data.txt").write_text("one two\nthree")
    monkeypatch.chdir("below")
    job = jx.submit(["cat", "data.txt"])
    job.result(60)
    assert job.logs("stdout") == "one two\nthree"
    assert list(job.follow()) == ["one two", "three"]


def test_a_function(client):
    assert jx.submit(add, 2, b=3).result(60) == 5


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        {"a": [1, None]},
        float("inf"),
        np.arange(3),
        pd.DataFrame({"a": [1, 2]}),
        pd.DataFrame({"a": [1, "x"]}, index=["p", "q"]),
        pl.DataFrame({"a": [1, 2]}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_go_there_and_come_back_as_they_were(client, value):
    back = jx.submit(lambda x: x, value).result(60)
    assert type(back) is type(value)
    if isinstance(value, pd.DataFrame):
        pd.testing.assert_frame_equal(back, value)
    elif isinstance(value, pl.DataFrame):
        assert back.equals(value)
    else:
        assert np.array_equal(back, value)


def test_a_failing_function_shows_its_traceback(client):
    job = jx.submit(fails, 7)
    job.wait(60)
    assert job.status == "FAILED"
    assert job.reason_code == "exception"
    with pytest.raises(jx.errors.JobFailed) as caught:
        job.result()
    assert "no 7" in caught.value.reason
    assert 'raise ValueError(f"no {x}")' in caught.value.remote_traceback
    assert len(caught.value._render_traceback_()) == 1


def test_a_failing_command_shows_the_end_of_its_log(client):
    job = jx.submit(python("import sys; sys.exit('no such luck')"))
    with pytest.raises(jx.errors.JobFailed, match="no such luck") as caught:
        job.result(60)
    assert caught.value.log == "no such luck"
    assert job.attempts[-1].exit_code == 1


def test_bad_input_is_refused_with_field_and_hint(client):
    with pytest.raises(jx.errors.InvalidRequest, match="Did you mean 'wc'") as caught:
        jx.submit("wcc", text="data.txt")
    assert caught.value.field == "target.tool"
    with pytest.raises(jx.errors.InvalidRequest) as caught:
        jx.submit("wc", text="no.txt")
    assert caught.value.field == "arguments.text"
    with pytest.raises(jx.errors.InvalidRequest) as caught:
        jx.submit("wc", text="data.txt", lines_only=3)
    assert caught.value.field == "arguments.lines_only"
    for wrong in ("nonsense", 5, ""):
        with pytest.raises(jx.errors.InvalidRequest):
            jx.get(wrong)
    with pytest.raises(jx.errors.NotFound):
        jx.get("0192f0c4-89ab-7def-8123-456789abcdef")
    with pytest.raises(jx.errors.InvalidRequest):
        jx.jobs(status="DONE")


def test_check_submits_nothing(client):
    before = jx.last().id
    assert jx.tool("wc").check(text="data.txt")["ok"] is True
    with pytest.raises(jx.errors.InvalidRequest):
        jx.tool("wc").check(text="no.txt")
    assert jx.last().id == before


def test_a_csv_output_is_a_frame(client):
    code = "import os, shutil; shutil.copy('t.csv', os.environ['JOBS_OUTPUT_DIR'])"
    job = jx.submit(python(code))
    assert job.df().to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}
    assert job.df("t.csv", usecols=["a"]).columns.tolist() == ["a"]
    assert isinstance(job.df(engine="polars"), pl.DataFrame)
    assert job.outputs["t.csv"].text() == "a,b\n1,x\n2,y\n"
    with pytest.raises(jx.errors.NotFound, match=r"Did you mean 't\.csv'"):
        job.outputs["t.cvs"]
    assert "nothing" not in job.outputs


def test_a_file_that_is_no_table_is_told_in_a_sentence(client):
    write = "printf 'a,b\\n\\344,1\\n' > latin.csv"
    job = jx.options(outputs=["latin.csv"]).submit(["sh", "-c", write])
    with pytest.raises(jx.errors.NoTable, match=rf"latin.csv of job {job.id} can't be read"):
        job.df()
    assert job.df(encoding="latin-1")["a"].tolist() == ["ä"]
    with pytest.raises(jx.errors.NoTable, match="nosuch"):
        job.df(nosuch=1)


def test_two_tables_are_ambiguous(client):
    code = (
        "import os, shutil; d = os.environ['JOBS_OUTPUT_DIR'];"
        "shutil.copy('t.csv', d); shutil.copy('t.csv', d + '/u.csv')"
    )
    job = jx.submit(python(code))
    with pytest.raises(jx.errors.AmbiguousOutput, match=r"t\.csv, u\.csv"):
        job.df()
    assert len(job.df("u.csv")) == 2


def test_no_table(client):
    with pytest.raises(jx.errors.AmbiguousOutput, match="has no table"):
        jx.submit(["true"]).df()


def test_kept_values_and_progress(client):
    def work():
        import pandas as pd

        import jobs_ext as jx

        jx.progress(0.5, "half")
        jx.output(table=pd.DataFrame({"k": [1]}), note="x")

    job = jx.submit(work).wait(60)
    assert job.status == "SUCCEEDED", job.logs()
    assert job.progress.fraction == 0.5
    assert sorted(job.outputs) == ["note.json", "result.json", "table.parquet"]
    assert job.df().to_dict("list") == {"k": [1]}


def test_outputs_are_saved(client, tmp_path):
    job = jx.submit(
        python("open(__import__('os').environ['JOBS_OUTPUT_DIR'] + '/o', 'w').write('x')")
    )
    files = job.save(tmp_path / "results")
    assert [f.read_text() for f in files] == ["x"]
    assert job.outputs["o"].save(tmp_path / "as.txt").read_text() == "x"
    assert job.outputs["o"].save(tmp_path).name == "o"


def test_outputs_come_by_http_where_files_are_not_shared(client, tmp_path):
    code = (
        "open(__import__('os').environ['JOBS_OUTPUT_DIR'] + '/big', 'wb').write(bytes(3_000_000))"
    )
    job = jx.submit(python(code)).wait(60)
    assert str(job.outputs["big"].path) == job.outputs["big"].info.path
    client.connection._shares = False
    file = job.outputs["big"]
    assert file.read() == bytes(3_000_000)
    assert str(file.path) != file.info.path


def test_tables_come_by_http_without_a_copy(client):
    frame = "import os, pandas; made = pandas.DataFrame({'a': [1, 2], 'b': ['x', 'y']}); "
    jobs = [
        jx.submit(python(f"{frame}made.to_{kind}(os.environ['JOBS_OUTPUT_DIR'] + '/t.{kind}')"))
        for kind in ("parquet", "feather")
    ]
    client.connection._shares = False
    for job in jobs:
        (table,) = job.wait(60).outputs.values()
        for engine in ("pandas", "pyarrow", "polars"):
            assert list(table.df(engine)["b"].to_numpy()) == ["x", "y"]
            assert table._copy().exists() == (engine == "polars")
        assert list(table.df(columns=["a"])) == ["a"]


def test_an_output_is_another_jobs_argument(client):
    first = jx.submit(
        python("open(__import__('os').environ['JOBS_OUTPUT_DIR'] + '/o', 'w').write('a b')")
    )
    second = jx.submit("wc", text=first.output("o"))
    assert second.wait(60).status == "SUCCEEDED"
    assert "2" in second.logs()


def test_bytes_are_uploaded_for_an_input(client):
    job = jx.submit("wc", text=b"a b c\n")
    assert job.wait(60).status == "SUCCEEDED"
    assert job.logs().split()[:3] == ["1", "3", "6"]


def test_cancel(client):
    job = jx.submit(["sleep", "600"])
    assert job.cancel().wait(60).status == "CANCELLED"
    with pytest.raises(jx.errors.JobCancelled, match="cancelled by the user"):
        job.result()


def test_a_timeout_of_the_wait_leaves_the_job_alone(client):
    job = jx.submit(["sleep", "600"])
    with pytest.raises(TimeoutError):
        job.wait(0.2)
    assert job.status not in ("SUCCEEDED", "FAILED", "CANCELLED")
    job.cancel()


def test_an_interrupted_wait_says_that_the_job_goes_on(client, monkeypatch):
    job = jx.submit(["sleep", "600"])

    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting.Pause, "__call__", interrupt)
    with pytest.raises(KeyboardInterrupt, match="goes on"):
        job.wait()
    assert job.status not in ("SUCCEEDED", "FAILED", "CANCELLED")
    job.cancel()


def test_await_does_not_block_the_loop(client):
    async def both():
        ticks = 0
        task = asyncio.ensure_future(waits())
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks, await task

    async def waits():
        return await jx.submit(python("import time; time.sleep(0.5)"))

    ticks, outputs = asyncio.run(both())
    assert ticks > 10
    assert len(outputs) == 0


def test_rerun(client):
    job = jx.submit(add, 2, b=3).wait(60)
    again = job.rerun(b=10)
    assert again.id != job.id
    assert (job.result(), again.result(60)) == (5, 12)
    with pytest.raises(jx.errors.InvalidRequest, match="Did you mean 'memory'"):
        job.rerun(options={"memroy": "1GB"})


def test_a_handle_is_only_an_id(client):
    job = jx.submit(add, 1)
    sent = pickle.dumps(job)
    assert client.connection.address.headers["Authorization"].encode() not in sent
    for handle in (pickle.loads(sent), copy.copy(job), copy.deepcopy(job)):
        assert handle == job
        assert handle.result(60) == 2


def test_a_submit_sent_twice_makes_one_job(client):
    target = jx.tool("wc").options(key="the same")
    assert target.submit(text="data.txt").id == target.submit(text="data.txt").id
    with pytest.raises(jx.errors.Conflict):
        target.submit(text="t.csv")


def test_lists_of_jobs(client):
    jx.options(name="named").submit(["true"]).wait(60)
    found = jx.jobs(name="named")
    assert [job.name for job in found] == ["named"]
    frame = found.df()
    assert frame["status"].tolist() == ["SUCCEEDED"]
    assert str(frame["created"].dtype).startswith("datetime64")
    assert "named" in found._repr_html_()
    view = found._repr_mimebundle_()[MIME]["view"]
    assert [item["id"] for item in view["items"]] == [found[0].id]
    assert MIME not in jx.jobs(name="no such")._repr_mimebundle_()


def test_what_a_handle_shows(client):
    job = jx.submit(["true"]).wait(60)
    bundle = job._repr_mimebundle_()
    data = bundle["application/vnd.jobs-ext.job.v1+json"]
    assert data["server"] == client.connection.info.server
    assert data["view"]["status"] == "SUCCEEDED"
    assert "SUCCEEDED" in bundle["text/html"]
    assert "style" not in bundle["text/html"]
    assert job.id in bundle["text/plain"]
    assert "SUCCEEDED" in repr(job)


def test_hold_and_release(client):
    job = jx.options(hold=True).submit(["true"])
    time.sleep(0.2)
    assert (job.status, job.reason_code) == ("PENDING", "held")
    assert job.release().wait(60).status == "SUCCEEDED"


def test_a_deleted_job_is_gone(client):
    job = jx.submit(["true"]).wait(60)
    job.delete()
    with pytest.raises(jx.errors.NotFound):
        jx.get(job.id)


def test_another_owners_pickle_needs_trust(client, monkeypatch):
    job = jx.submit(lambda: (1, 2))
    job.wait(60)
    info = client.connection.info
    monkeypatch.setattr(
        client.connection,
        "_info",
        type(info)(
            **{name: getattr(info, name) for name in info.__struct_fields__}
            | {"owner": "somebody else"}
        ),
    )
    with pytest.raises(jx.errors.Forbidden, match="trust=True"):
        job.result()
    assert job.result(trust=True) == (1, 2)


def test_a_failed_job_is_reset_and_its_result_waited_for(client, server):
    job = jx.submit(python("import pathlib; pathlib.Path('there').read_text()"))
    assert job.wait(60).status == "FAILED"
    (server.work / "there").write_text("")
    assert job.reset().wait(60).status == "SUCCEEDED"
    assert [attempt.number for attempt in job.attempts] == [1, 2]


def test_a_key_sent_twice_at_once_makes_one_job_or_batch(client):
    once = jx.options(key="once", hold=True)
    with ThreadPoolExecutor(4) as threads:
        jobs = list(threads.map(lambda _: once.submit(python("pass")), range(4)))
        swept = jx.options(key="swept", hold=True)
        batches = list(threads.map(lambda _: swept.map(["echo", "{k}"], [{"k": 1}]), range(4)))
    assert len({job.id for job in jobs}) == len({batch.id for batch in batches}) == 1
    for what in (lambda: once.submit(python("1")), lambda: swept.map(["echo", "{k}"], [{"k": 2}])):
        with pytest.raises(jx.errors.Conflict) as caught:
            what()
        assert caught.value.field == "options.key"
    batches[0].delete()
    assert swept.map(["echo", "{k}"], [{"k": 2}]).id != batches[0].id


def test_a_waiting_job_is_held_and_given_another_priority(client):
    job = jx.options(hold=True).submit(python("pass"))
    assert job.prioritize(3).refresh().options["priority"] == 3
    assert job.release().wait(60).status == "SUCCEEDED"
    with pytest.raises(jx.errors.Conflict):
        job.hold()


def test_all_of_many_outputs_are_there(client):
    code = "import os\nfor k in range(130): open(os.environ['JOBS_OUTPUT_DIR'] + f'/{k}', 'w')"
    job = jx.submit([sys.executable, "-c", code]).wait(60)
    assert (len(job.refresh().outputs), len(job.outputs)) == (100, 130)
    assert "and 30 more" in job._repr_mimebundle_()["text/html"]
    assert len(job.outputs_of(1)) == 130
    with pytest.raises(jx.errors.NotFound, match="no attempt 2"):
        job.outputs_of(2)


def test_a_rare_job_is_found_among_many(client):
    rare = jx.options(name="a needle", hold=True).submit(["true"])
    hay = jx.options(hold=True).map(["true", "{k}"], range(1100))
    until(lambda: hay.counts["PENDING"] == 1100, what="the jobs")
    assert [job.id for job in jx.jobs(text="needle", limit=1)] == [rare.id]
    rare.cancel()
    hay.delete()


def test_filters_and_orders_of_lists(client):
    for name in ("one", "two"):
        jx.options(name=f"ordered {name}", hold=True, priority=len(name)).submit(["true"])
    chosen = 'name like "ordered %"'
    found = jx.jobs(filter=chosen, order="-name")
    assert [job.name for job in found] == ["ordered two", "ordered one"]
    assert [job.name for job in jx.jobs(filter=chosen, order="name", limit=1)] == ["ordered one"]
    batch = jx.options(hold=True, name="ordered").map(["echo", "{k}"], [1, 2])
    assert [one.id for one in client.batches(filter='n_jobs = 2 and name = "ordered"')] == [
        batch.id
    ]
    assert "wc" in [tool.name for tool in client.tools("input = text and enabled = true")]
    with pytest.raises(jx.errors.InvalidRequest, match="nmae"):
        jx.jobs(filter="nmae = x")
    with pytest.raises(jx.errors.InvalidRequest, match="order"):
        jx.jobs(order="nmae")
    for one in (batch, *found):
        one.cancel()


def test_a_function_made_a_tool(client):
    @jx.tool
    def half(x, floor=False):
        """Halve."""
        return x // 2 if floor else x / 2

    half.function.__module__ = "__main__"
    assert half(5) == 2.5
    assert half.submit(5, floor=True).result(60) == 2
    assert half.options(name="halves").map([2, 4]).results(60) == [1, 2]
    assert jx.options(cpu=1).submit(half, 3).result(60) == 1.5
    with pytest.raises(TypeError, match=r"half\(\)"):
        half.submit()
    assert jx.tool("wc").label == "wc"
