from __future__ import annotations

import pytest

from jobs_ext.model.ascode import map_code, rerun_code, submit_code, target_code
from jobs_ext.model.request import Options, Target

TOOL = Target(tool="wc-1.0")


@pytest.mark.parametrize(
    ("target", "arguments", "options", "code"),
    [
        (TOOL, {"text": "a.txt", "lines_only": True}, {},
         "job = jx.submit('wc-1.0', text='a.txt', lines_only=True)"),
        (TOOL, {}, {"memory": "4GB", "retries": 2, "key": "k", "after": ["x"]},
         "job = jx.options(memory='4GB', retries=2).submit('wc-1.0')"),
        (Target(command=["wc", "{f}"]), {"f": "it's"}, {},
         "job = jx.submit(['wc', '{f}'], f=\"it's\")"),
        (Target(notebook="/w/r.ipynb"), {"class": 1, "month": None}, {},
         "job = jx.submit('/w/r.ipynb', month=None, **{'class': 1})"),
        (TOOL, {"text": {"$part": "p"}}, {},
         "job = jx.submit('wc-1.0')  # and text, uploaded"),
        (TOOL, {"text": {"$output": {"job": "id", "name": "t.csv"}}}, {},
         "job = jx.submit('wc-1.0', text=jx.get('id').output('t.csv'))"),
        (TOOL, {"text": {"$output": {"job": "id"}}}, {},
         "job = jx.submit('wc-1.0', text=jx.get('id'))"),
    ],
)  # fmt: skip
def test_a_submit_as_code(target, arguments, options, code):
    made = submit_code(target_code(target), arguments, Options(**options))
    assert made == code
    compile(made, "cell", "exec")


def test_long_calls_are_broken():
    made = submit_code("wc", {f"parameter_{n}": "x" * 20 for n in range(5)}, Options())
    assert made.splitlines()[:2] == ["job = jx.submit(", "    wc,"]
    compile(made, "cell", "exec")


def test_a_rerun_and_a_sweep_as_code():
    assert rerun_code("id", {"k": [1, 2]}) == "job = jx.get('id').rerun(k=[1, 2])"
    made = map_code("wc", {"k": [1, 2], "lambda": [0]}, {"text": "a"}, Options(cpu=2))
    assert made == (
        "batch = jx.options(cpu=2).map(wc, jx.grid(k=[1, 2], **{'lambda': [0]}), text='a')"
    )
    compile(made, "cell", "exec")


def test_data_sets_are_named_and_what_was_uploaded_is_told():
    told = {"filename": "t.tsv", "media_type": "text/plain"}
    pinned = {"$part": "flu/t.tsv@2", "text": "flu/t.tsv@2", "dataset": "flu/t.tsv@2"} | told
    made = submit_code("'wc'", {"text": [pinned], "more": {"$part": "m"}}, Options())
    named = "{'$dataset': {'project': 'flu', 'name': 't.tsv', 'version': 2}}"
    assert named in made
    assert made.endswith("# and more, uploaded")
    assert rerun_code("id", {"text": pinned}) == (
        "job = jx.get('id').rerun()  # text (flu/t.tsv@2): as in that job, if not given"
    )


def test_what_is_no_json_is_told_and_handles_are_found_within():
    within = {"a": {"b": [{"$output": {"job": "other"}}]}}
    frame = {"$part": "value-1", "text": "DataFrame\n2 × 3\0"}
    made = rerun_code("id", {"x": within, "frame": frame, "more": {"k": [frame]}})
    assert made == (
        "job = jx.get('id').rerun(x={'a': {'b': [jx.get('other')]}})"
        "  # frame (DataFrame 2 × 3 ), more: as in that job, if not given"
    )
    compile(made, "cell", "exec")
