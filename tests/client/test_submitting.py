"""What is submitted, checked, refused, sent twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import jobs_ext as jx

from .live import python

pytestmark = pytest.mark.usefixtures("files")


def test_a_tool(client):
    job = jx.submit("wc", text="data.txt")
    assert job.wait(60).status == "SUCCEEDED"
    assert "data.txt" in job.result()["counts"].text() if "counts" in job.outputs else job.logs()
    assert job.id == jx.last().id == jx.get(job.id).id


def test_a_tools_outputs_have_its_names_and_their_files(client, server, tmp_path):
    (server.work / "st.tsv").write_text("ST\ta\tb\n1\t1\t1\n2\t1\t2\n3\t8\t9\n")
    job = jx.submit("goeburst", profiles="st.tsv")
    outputs = job.result(60)
    assert repr(outputs).splitlines()[-1].startswith("['complexes'].df()")
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


def test_an_output_is_another_jobs_argument(client):
    first = jx.submit(
        python("open(__import__('os').environ['JOBS_OUTPUT_DIR'] + '/o', 'w').write('a b')")
    )
    second = jx.submit("wc", text=first.output("o"))
    assert second.wait(60).status == "SUCCEEDED"
    assert "2" in second.logs()


def test_a_job_is_another_jobs_argument(client):
    def give(kind):
        import pandas as pd

        return {"number": 3, "frame": pd.DataFrame({"a": [1]}), "odd": {3}}[kind]

    def kinds(*values, **named):
        return [type(one).__name__ for one in values], type(named["d"]["deep"][0]).__name__

    text = jx.submit("wc", text=b"a b\n")
    assert jx.submit("wc", text=text).wait(60).status == "SUCCEEDED"
    number, frame, odd = (jx.submit(give, kind) for kind in ("number", "frame", "odd"))
    told = jx.submit(kinds, text, number, frame, d={"deep": [odd, 5]})
    assert told.result(60) == (["str", "int", "DataFrame"], "set")
    assert jx.map(lambda x: x, [number, frame]).results(60)[0] == 3
    needs = jx.submit(lambda x: x, jx.submit(give, "unknown")).wait(60)
    assert (needs.status, needs.reason_code) == ("CANCELLED", "dependency_failed")


def test_bytes_are_uploaded_for_an_input(client):
    job = jx.submit("wc", text=b"a b c\n")
    assert job.wait(60).status == "SUCCEEDED"
    assert job.logs().split()[:3] == ["1", "3", "6"]


def test_a_submit_sent_twice_makes_one_job(client):
    target = jx.tool("wc").options(key="the same")
    assert target.submit(text="data.txt").id == target.submit(text="data.txt").id
    with pytest.raises(jx.errors.Conflict):
        target.submit(text="t.csv")


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
