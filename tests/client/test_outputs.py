"""Outputs that go up, and come down, as files and as a zip."""

from __future__ import annotations

import os
import sys
import zipfile

import psutil
import pytest

import jobs_ext as jx
from tests.waiting import until

LARGE = 300_000_000  # bytes
ROOM = 64_000_000  # bytes: how much more memory the server may take for it


def test_an_output_is_added_replaced_and_removed(client, tmp_path):
    job = jx.submit(["true"]).wait(60)
    table = tmp_path / "t.csv"
    table.write_text("a\n1\n")
    assert job.outputs.add(table).media_type == "text/csv"
    assert job.df("t.csv").a.tolist() == [1]
    table.write_text("a\n2\n3\n")
    job.outputs.add(table)
    assert job.outputs["t.csv"].text() == "a\n2\n3\n"
    job.outputs.add(table, "sub/é.bin", "application/x-mine")
    job.outputs.add(os.devnull, "empty")
    assert [(o.name, o.size) for o in job.outputs.values()] == [
        ("empty", 0),
        ("sub/é.bin", 6),
        ("t.csv", 6),
    ]
    (saved,) = job.save(tmp_path / "all.zip", zip=True)
    archive = zipfile.ZipFile(saved)
    assert sorted(archive.namelist()) == ["empty", "sub/é.bin", "t.csv"]
    assert archive.read("sub/é.bin") == b"a\n2\n3\n"
    assert [o.name for o in job.outputs.find('size > 0 and name ends ".csv"')] == ["t.csv"]
    job.outputs.remove("t.csv")
    assert "t.csv" not in job.outputs
    with pytest.raises(jx.errors.NotFound):
        job.outputs.remove("t.csv")
    with pytest.raises(jx.errors.InvalidRequest):
        job.outputs.add(table, "sub//t.csv")


def test_outputs_so_far(client, tmp_path):
    write = 'echo 1 > "$JOBS_OUTPUT_DIR/t.txt"; while ! test -e "$0"; do sleep 0.02; done'
    job = jx.submit(["bash", "-c", write, str(tmp_path / "go")])
    until(lambda: "t.txt" in job.outputs_so_far(), what="what it writes")
    assert "t.txt" not in job.outputs
    assert job.outputs_so_far()["t.txt"].text() == "1\n"
    (tmp_path / "go").touch()
    assert [*job.wait(60).outputs_so_far()] == [*job.outputs] == ["t.txt"]


def test_outputs_are_archived(client, server, tmp_path):
    job = jx.submit(["true"]).wait(60)
    (tmp_path / "t.csv").write_text("a\n1\n")
    job.outputs.add(tmp_path / "t.csv")
    assert job.archive("mine/{id}") is job
    place = server.work / "mine" / job.id / "t.csv"
    assert place.read_text() == "a\n1\n"
    assert job.outputs["t.csv"].path == place
    assert job.outputs["t.csv"].info.archive == f"mine/{job.id}/t.csv"
    (server.work / "taken").write_text("a file")
    with pytest.raises(jx.errors.InvalidRequest, match="is a file"):
        job.archive("taken")
    (server.work / "full").mkdir()
    (server.work / "full" / "t.csv").write_text("another")
    with pytest.raises(jx.errors.ArchiveFailed, match="full"):
        job.archive("full")
    with pytest.raises(jx.errors.InvalidRequest, match="no path"):
        job.archive("../up")


def test_a_job_that_has_not_begun_takes_no_output(client, tmp_path):
    job = jx.options(hold=True).submit(["true"])
    with pytest.raises(jx.errors.Conflict, match="has not begun"):
        job.outputs.add(os.devnull, "empty")
    job.cancel()


def test_a_large_output_takes_no_memory_of_the_server(client, server, tmp_path, monkeypatch):
    job = jx.submit(["true"]).wait(60)
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LARGE)
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    sent = job.outputs.add(large)
    monkeypatch.setattr(client.connection, "_shares", False)
    sent.save(tmp_path / "back")
    job.save(tmp_path / "back.zip", zip=True)
    assert process.memory_info().rss - before < ROOM
    assert (tmp_path / "back").stat().st_size == LARGE
    assert zipfile.ZipFile(tmp_path / "back.zip").getinfo("large").file_size == LARGE
    job.purge()


RAW = b"sub/\xff\xe9.txt"  # no UTF-8, as old programs and archives leave it
WRITE_RAW = f"""
import os
import sys
place = os.path.join(os.environb[b"JOBS_OUTPUT_DIR"], {RAW!r})
os.makedirs(os.path.dirname(place))
open(place, "wb").write(b"text")
"""


def test_names_that_are_no_utf8_survive(client, tmp_path):
    job = jx.submit([sys.executable, "-c", WRITE_RAW]).wait(60)
    (output,) = job.outputs.values()
    assert (output.name, output.info.raw) == (r"sub/\xff\xe9.txt", "sub/%FF%E9.txt")
    (saved,) = job.save(tmp_path / "folder")
    assert os.fsencode(saved).endswith(b"/folder/" + RAW)
    assert saved.read_bytes() == b"text"
    assert os.fsencode(output.save(tmp_path).name) == RAW.rpartition(b"/")[2]
    job.outputs.add(saved)  # and up again
    job.refresh()
    (packed,) = job.save(tmp_path / "all.zip", zip=True)
    names = zipfile.ZipFile(packed).namelist()
    assert {name.encode("cp437") for name in names} == {RAW, RAW.rpartition(b"/")[2]}
    assert {o.info.raw for o in job.outputs.values()} == {"sub/%FF%E9.txt", "%FF%E9.txt"}
