"""Data sets from Python: added, read like outputs, given to jobs of every kind."""

from __future__ import annotations

import pytest

from jobs_ext.client.errors import Conflict, InvalidRequest, NoSuchDataset, NotFound


@pytest.fixture
def datasets(client, tmp_path):
    client.projects.create("sets/2026 ü")
    yield client.projects.datasets("sets/2026 ü")
    client.projects.delete("sets/2026 ü")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t ü.csv"
    path.write_text("a\n1\n2\n")
    return path


def test_a_table_in_two_versions(datasets, table, tmp_path):
    assert dict(datasets) == {}
    made = datasets.add(table)
    assert (made.name, made.version, made.media_type) == ("t ü.csv", 1, "text/csv")
    assert datasets["t ü.csv"].df()["a"].tolist() == [1, 2]
    table.write_text("a\n3\n")
    datasets.add(table, version=2)
    with pytest.raises(Conflict):
        datasets.add(table, version=2)
    assert datasets["t ü.csv"].text() == "a\n3\n"
    assert made.text() == "a\n1\n2\n"
    assert [one.version for one in datasets.versions("t ü.csv")] == [2, 1]
    assert datasets.version("t ü.csv", 1).save(f"{tmp_path}/saved/").read_text() == made.text()
    assert repr(datasets) == "<data set t ü.csv: text/csv, 4 B>"
    datasets.delete("t ü.csv", 2)
    assert datasets["t ü.csv"].version == 1
    with pytest.raises(NoSuchDataset, match="no version 2"):
        datasets.version("t ü.csv", 2)
    with pytest.raises(NoSuchDataset, match=r"Did you mean 't ü.csv'\?"):
        datasets["t.csv"]
    assert datasets.get("t.csv") is None


def test_jobs_read_them(client, datasets, table):
    data = datasets.add(table)
    command = client.submit(["wc", "-l", "{file}"], file=data)

    def total(path, others):
        import csv
        from pathlib import Path

        with Path(path).open() as file:
            return sum(int(row["a"]) for row in csv.DictReader(file)), len(others)

    function = client.submit(total, data, [1])
    datasets.delete(data.name)
    assert command.wait().logs("stdout").endswith("t ü.csv\n")
    assert function.result() == (3, 1)
    with pytest.raises(InvalidRequest, match="no data set"):
        client.submit(["wc", "-l", "{file}"], file=data)


def test_refusals(client, datasets, table):
    with pytest.raises(NotFound, match="no project 'none'"):
        list(client.projects.datasets("none"))
    with pytest.raises(InvalidRequest, match="No data set can have the name"):
        datasets.add(table, "..x/y")
