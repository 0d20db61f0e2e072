from __future__ import annotations

import io
import time

import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.request import BatchRequest, Options, Target
from jobs_ext.service import Principal, Upload
from jobs_ext.service.validators import VALIDATORS

PROTEIN = b"MKVLAAGIVGLLLAQWERTYHPASDFGHKLCVNMI"  # 35 residues
PNG = b"\x89PNG\r\n\x1a\nrest"

GOOD = {
    "seq": [
        PROTEIN,
        PROTEIN.lower() + b"\n",
        b">one\r\n" + PROTEIN[:20] + b"\r\n" + PROTEIN[20:] + b"\r\n",
        b">one\n" + PROTEIN + b"\n>two\n" + b"-" * 5 + PROTEIN[5:],
        b"A" * 28 + b"MK",  # 93 % could be a nucleic acid
        b"M" * 1500,
    ],
    "pdb_file": [b"HEADER\nATOM      1  N   MET", b"atom 12", b"x" * (1 << 20) + b"ATOM  1"],
    "gif": [b"GIF87a...", b"GIF89a"],
    "png": [PNG],
    "jpeg": [b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\xff\xd8\xff\xdb"],
}
BAD = {
    "seq": [
        b"",
        b" \n\n",
        b">only a header\n",
        PROTEIN[:29],
        b"M" * 1501,
        PROTEIN + b"*",
        PROTEIN + b"\xff",
        b"ACGT" * 20,
        b">one\n" + PROTEIN + b"\n>two\n" + PROTEIN[1:],
        b"text\n>one\n" + PROTEIN,
        PNG,
    ],
    "pdb_file": [b"", b"ATOM", b"ATOM x1", b"\0" * 5000],
    "gif": [b"", b"GIF88a", PNG],
    "png": [b"", b"\x89PNG\n", b"GIF89a"],
    "jpeg": [b"", b"\xff\xd8", PNG],
}


@pytest.mark.parametrize(("kind", "data"), [(k, d) for k, some in GOOD.items() for d in some])
def test_good_files(kind: str, data: bytes) -> None:
    assert VALIDATORS[kind](io.BytesIO(data)) == ""


@pytest.mark.parametrize(("kind", "data"), [(k, d) for k, some in BAD.items() for d in some])
def test_bad_files(kind: str, data: bytes) -> None:
    assert VALIDATORS[kind](io.BytesIO(data))


@pytest.mark.parametrize("kind", VALIDATORS)
@pytest.mark.parametrize("data", [b"\n", b" ", b">", b">\n", b"A", b"ATOM ", b"\0"])
def test_large_files_take_no_time(kind: str, data: bytes) -> None:
    began = time.process_time()
    VALIDATORS[kind](io.BytesIO(data * (8_000_000 // len(data))))
    assert time.process_time() - began < 3


@pytest.fixture
def picture(tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "t.toml").write_text(
        'name = "look"\ncommand = ["cat", "{picture}"]\n[inputs.picture]\nvalidators = ["png"]\n'
    )
    (tmp_path / "good").write_bytes(PNG)
    (tmp_path / "bad").write_bytes(b"text")
    return Target(tool="look")


def test_a_submit_looks_at_paths(submit, picture):
    assert submit(picture, {"picture": "good"}).status == "RUNNABLE"
    with pytest.raises(InvalidRequest, match="is no PNG picture") as refused:
        submit(picture, {"picture": "bad"})
    assert refused.value.field == "arguments.picture"
    assert refused.value.hint == "Want a PNG picture."


def test_a_submit_looks_at_uploads(submit, picture, tmp_path):
    for body in (b"text", tmp_path / "bad"):
        with pytest.raises(InvalidRequest, match=r"a\.png is no PNG picture"):
            submit(picture, parts={"picture": Upload("a.png", "image/png", body)})
    for body in (PNG, tmp_path / "good"):
        assert submit(picture, parts={"picture": Upload("a.png", "image/png", body)})


def test_a_batch_and_a_rerun_look_too(service, who, context, submit, picture, tmp_path):
    def batch(**said):
        request = BatchRequest(target=picture, context=context, options=Options(), **said)
        return service.batches.submit(who, request)

    assert batch(arguments=[{"picture": "good"}] * 2).n_jobs == 2
    with pytest.raises(InvalidRequest) as refused:
        batch(arguments=[{"picture": "good"}, {"picture": "bad"}])
    assert refused.value.field == "arguments[1].picture"
    with pytest.raises(InvalidRequest) as refused:
        batch(arguments=[{}], fixed={"picture": "bad"})
    assert refused.value.field == "fixed.picture"
    job = submit(picture, {"picture": "good"})
    service.jobs.cancel(who, job.id)
    (tmp_path / "bad").replace(tmp_path / "good")
    with pytest.raises(InvalidRequest, match="no PNG"):
        service.jobs.rerun(who, job.id)


def test_an_unknown_validator_is_refused(service, tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "t.toml").write_text(
        'name = "look"\ncommand = ["cat"]\n[inputs.picture]\nvalidators = ["pgn"]\n'
    )
    (problem,) = service.tools.problems(Principal.all("ada"))
    assert (problem.line, "Did you mean 'png'" in problem.message) == (4, True)
