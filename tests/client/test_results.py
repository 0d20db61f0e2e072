"""What jobs give back: values, errors, tables, files."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

import jobs_ext as jx

from .live import python

pytestmark = pytest.mark.usefixtures("files")


def add(a, b=1):
    return a + b


def fails(x):
    raise ValueError(f"no {x}")


add.__module__ = fails.__module__ = "__main__"  # as in a notebook


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
        pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False),
        pl.DataFrame({"a": [1, 2]}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_go_there_and_come_back_as_they_were(client, value):
    back = jx.submit(lambda x: x, value).result(60)
    assert type(back) is type(value)
    if isinstance(value, pd.DataFrame):
        pd.testing.assert_frame_equal(back, value, check_flags=True)
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
    with pytest.raises(jx.errors.JobFailed):
        job.df()


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
    with pytest.raises(jx.errors.AmbiguousOutput, match=r"has no table.*logs.*outputs="):
        jx.submit(["true"]).df()


def test_metrics_in_json_are_rows_of_a_sweep_when_they_are_alone_or_named(client):
    write = 'cd "$JOBS_OUTPUT_DIR"; echo "{\\"auc\\": $0}" > m.json; [ $0 = 1 ] || touch a.txt'
    batch = jx.map(["sh", "-c", write, "{auc}"], [0.5, 1])
    assert batch[1].df()["auc"].tolist() == [1]
    with pytest.raises(jx.errors.AmbiguousOutput, match=r"name it: df\('m\.json'\)"):
        batch.df()
    assert batch.df("m.json")["auc"].tolist() == [0.5, 1]


def test_no_outputs_says_where_prints_are(client):
    assert "logs()" in repr(jx.submit(["echo", "3"]).result())


def test_outputs_without_a_table_say_how_to_read_one(client):
    code = "import os; open(os.environ['JOBS_OUTPUT_DIR'] + '/top.txt', 'w').write('x')"
    with pytest.raises(jx.errors.AmbiguousOutput, match=r"outputs\['top.txt'\].text\(\)"):
        jx.submit(python(code)).df()


def test_the_only_array_is_the_table(client):
    code = "import numpy as np, os; np.save(os.environ['JOBS_OUTPUT_DIR'] + '/t.npy', np.eye(2))"
    assert jx.submit(python(code)).df().shape == (2, 2)
    assert jx.submit(lambda: __import__("numpy").arange(3)).df()["value"].tolist() == [0, 1, 2]


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


def test_all_of_many_outputs_are_there(client):
    code = "import os\nfor k in range(130): open(os.environ['JOBS_OUTPUT_DIR'] + f'/{k}', 'w')"
    job = jx.submit([sys.executable, "-c", code]).wait(60)
    assert (len(job.refresh().outputs), len(job.outputs)) == (100, 130)
    assert "and 30 more" in job._repr_mimebundle_()["text/html"]
    assert len(job.outputs_of(1)) == 130
    with pytest.raises(jx.errors.NotFound, match="no attempt 2"):
        job.outputs_of(2)


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
