"""Batches, end to end against a real server and runner."""

from __future__ import annotations

import sys
import time

import pandas as pd
import pytest

import jobs_ext as jx


def rows(k, n=2):
    import pandas as pd

    return pd.DataFrame({"i": range(n), "v": [k * i for i in range(n)]})


def odd_ones_fail(k):
    if k % 2:
        raise ValueError(f"{k} is odd")
    return {"half": k / 2}


def half(k):
    return k / 2


rows.__module__ = odd_ones_fail.__module__ = half.__module__ = "__main__"  # as in a notebook


def test_a_sweep_comes_back_as_one_frame(client):
    batch = jx.map(rows, jx.grid(k=[1, 2, 3]), n=2)
    frame = batch.df()
    assert list(frame.columns) == ["k", "i", "v", "job"]
    assert frame["k"].tolist() == [1, 1, 2, 2, 3, 3]
    assert frame["v"].tolist() == [0, 1, 0, 2, 0, 3]
    assert frame["job"].tolist()[::2] == [job.id for job in batch]
    assert len(batch) == 3
    assert batch.counts["SUCCEEDED"] == 3
    assert batch[-1].id == batch[2].id
    assert list(batch[1].arguments.items()) == [("k", 2), ("n", 2)]  # what varies comes first
    assert batch[1:] == [batch[1], batch[2]]
    with pytest.raises(IndexError, match="3 jobs"):
        batch[3]


def test_tables_of_a_batch_come_by_one_request_where_files_are_not_shared(client, monkeypatch):
    batch = jx.map(rows, jx.grid(k=[1, 2, 3])).wait(60)
    asked, request = [], client.connection.request

    def heard(method, path, **more):
        asked.append(path)
        return request(method, path, **more)

    monkeypatch.setattr(client.connection, "request", heard)
    client.connection._shares = False
    assert batch.df()["v"].tolist() == [0, 1, 0, 2, 0, 3]
    assert [path for path in asked if "outputs" in path] == [f"batches/{batch.id}/outputs.zip"]
    assert not batch[0].outputs["result.parquet"].is_here


def test_values_over_the_first_parameter(client):
    batch = jx.map(lambda x: x * x, range(5))
    assert batch.results(60) == [0, 1, 4, 9, 16]
    assert batch.df()["value"].tolist() == [0, 1, 4, 9, 16]


def test_a_tool_over_files(client, server):
    for name in "ab":
        (server.work / f"{name}.txt").write_text("x\n" * (1 + "ab".index(name)))
    batch = jx.map("wc", ["a.txt", "b.txt"], lines_only=True)
    assert list(batch[0].arguments) == ["text", "lines_only"]
    assert [result["counts"].text().split()[0] for result in batch.results(60)] == ["1", "2"]


def test_a_command_over_values(client):
    batch = jx.map(["echo", "{word}"], jx.zipped(word=["hi", "there"]))
    batch.wait(60)
    assert [job.logs() for job in batch] == ["hi\n", "there\n"]


def test_the_rows_of_a_frame(client):
    over = pd.DataFrame({"a": [1, 2], "b": [0.5, 0.25]})
    assert jx.map(lambda a, b: a * b, over).results(60) == [0.5, 0.5]


def test_a_batch_as_an_argument_is_the_list_of_its_values(client):
    batch = jx.options(hold=True).map(half, [2, 4])
    given = [batch, batch[:1], tuple(batch), {"a": batch, "b": [batch[1]]}]
    waiting = [jx.submit(repr, one) for one in given]
    assert not batch.done()
    batch.release()
    expected = ["[1.0, 2.0]", "[1.0]", "[1.0, 2.0]", "{'a': [1.0, 2.0], 'b': [2.0]}"]
    assert [job.result(60) for job in waiting] == expected
    assert batch.done()


def test_the_only_output_of_a_command_stands_for_it(client):
    write = 'cd "$JOBS_OUTPUT_DIR"; echo $0 > a.txt; [ $0 = 1 ] || touch b.txt'
    batch = jx.options(hold=True).map(["sh", "-c", write, "{k}"], [1, 2])
    read, fails = (jx.submit(["cat", "{file}"], file=one) for one in batch)
    batch.release()
    assert read.wait(60).logs() == "1\n"
    assert "left not one output to stand for it" in fails.wait(60).reason
    with pytest.raises(jx.errors.InvalidRequest, match=r"Name one .*output\('t\.csv'\)"):
        jx.submit(["cat", "{file}"], file=batch[1])


def test_a_batch_is_waited_for(client):
    batch = jx.options(hold=True).map(half, [2, 4])
    single = jx.options(hold=True).submit(half, 6)
    after = jx.options(after=[batch, single]).submit(half, 8)
    either = jx.options(after_ended=batch).submit(half, 10)
    batch[0].cancel()
    batch.release()
    assert either.result(60) == 5
    assert isinstance(after.exception(60), jx.errors.JobCancelled)
    assert either.exception() is None
    single.cancel()


def test_several_lists_are_told_how_to_be_taken(client):
    with pytest.raises(jx.errors.WrongArguments, match=r"side by side write jx\.zipped"):
        jx.map(half, [1, 2], [3, 4])


def test_failed_jobs_are_never_dropped_in_silence(client):
    batch = jx.map(odd_ones_fail, range(4)).wait(60)
    with pytest.raises(jx.errors.JobFailed, match=r"2 of the 4 jobs .*job 1 \(k=1\) FAILED"):
        batch.df()
    with pytest.raises(jx.errors.JobFailed):
        batch.results()
    with pytest.warns(UserWarning, match="2 of 4"):
        assert batch.df(missing="skip")["k"].tolist() == [0, 2]
    frame = batch.df(missing="row")
    assert frame["k"].tolist() == [0, 1, 2, 3]
    assert frame["half"].isna().tolist() == [False, True, False, True]
    assert [job.arguments["k"] for job in batch.failures()] == [1, 3]
    with pytest.raises(jx.errors.InvalidRequest):
        batch.df(missing="drop")


def test_a_rerun_stands_for_the_job_it_repeats(client):
    batch = jx.map(odd_ones_fail, [0, 1]).wait(60)
    again = batch[1].rerun(k=4)
    again.wait(60)
    assert batch[1].id == again.id
    assert len(batch) == 2
    assert batch.results() == [{"half": 0.0}, {"half": 2.0}]


def test_the_first_bad_set_is_named_and_nothing_is_made(client):
    before = jx.last().id
    with pytest.raises(jx.errors.InvalidRequest) as caught:
        jx.map("wc", jx.grid(text=["no.txt"]))
    assert caught.value.field == "arguments[0].text"
    with pytest.raises(TypeError, match="argument set 0"):
        jx.map(rows, jx.grid(kk=[1]))
    with pytest.raises(TypeError):
        jx.map(rows, "abc")
    with pytest.raises(jx.errors.InvalidRequest, match="both fixed and varied"):
        jx.map(rows, [1], k=1)
    assert jx.last().id == before


def test_cancel(client):
    batch = jx.map(["sleep", "{s}"], jx.grid(s=["600"] * 5))
    assert batch.cancel().wait(60).counts["CANCELLED"] == 5
    assert len(batch.failures()) == 5
    held = jx.options(hold=True).map(["echo", "{s}"], jx.grid(s=["1", "2"]))
    assert len(list(held)) == 2  # they have been made
    assert "2 CANCELLED" in repr(held.cancel())


def test_a_hundred_tables_are_read_back_in_no_time(client):
    code = "import os; open(os.environ['JOBS_OUTPUT_DIR'] + '/t.csv', 'w').write('a\\n1\\n')"
    command = [sys.executable, "-S", "-c", code, "{i}"]
    batch = jx.map(command, jx.grid(i=[str(i) for i in range(100)])).wait(100)
    start = time.monotonic()
    frame = batch.df()
    assert len(frame) == 100
    assert time.monotonic() - start < 5


def test_what_a_batch_shows(client):
    batch = jx.map(odd_ones_fail, range(2)).wait(60)
    bundle = batch._repr_mimebundle_()
    view = bundle["application/vnd.jobs-ext.job.v1+json"]["view"]
    assert (view["kind"], view["done"], view["n_jobs"]) == ("batch", 2, 2)
    assert "1 SUCCEEDED, 1 FAILED" in bundle["text/html"]
    assert jx.get(batch.id) == batch


def test_a_batch_is_saved(client, tmp_path):
    batch = jx.map(rows, jx.grid(k=[1, 2]), n=2)
    for name, read in (("r.parquet", pd.read_parquet), ("r.csv", pd.read_csv)):
        path = batch.save(tmp_path / name)
        pd.testing.assert_frame_equal(read(path), batch.df())
    for wrong in (tmp_path / "r.xlsx", tmp_path / "no" / "r.csv"):
        with pytest.raises(jx.errors.InvalidRequest, match="can't be saved"):
            batch.save(wrong)
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["r.csv", "r.parquet"]
