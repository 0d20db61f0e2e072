"""Data sets in a terminal."""

from __future__ import annotations


def test_the_life_of_a_data_set(jobs, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    assert jobs("projects", "create", "sets").code == 0
    assert jobs("datasets", "add", "sets", str(path), "--json").json[0]["version"] == 1
    path.write_text("a\n2\n")
    assert jobs("datasets", "add", "sets", str(path), "--version", "2").code == 0
    assert "text/csv" in jobs("datasets", "list", "sets").out
    found = jobs("datasets", "list", "sets", "t.csv", "--json").json
    assert [one["version"] for one in found] == [2, 1]
    chosen = ("datasets", "list", "sets", "t.csv", "--filter", "version = 1")
    assert [one["version"] for one in jobs(*chosen, "--json").json] == [1]
    assert jobs("datasets", "list", "sets", "--filter", "nmae = x").code == 2
    save = ("datasets", "save", "sets", "t.csv", "--to", str(tmp_path / "o"))
    for words, text in ((["--version", "1"], "a\n1\n"), ([], "a\n2\n")):
        assert jobs(*save, *words).code == 0
        assert (tmp_path / "o" / "t.csv").read_text() == text
    assert jobs("datasets", "add", "sets", str(path), "--version", "2").code == 2
    assert jobs("datasets", "add", "sets", str(tmp_path / "none.csv")).code == 2
    assert jobs("datasets", "save", "sets", "t.csv", "--version", "9").code == 2
    assert jobs("datasets", "delete", "sets", "t.csv").code == 0
    assert jobs("datasets", "delete", "sets", "t.csv").code == 2
    assert jobs("datasets", "list", "sets", "--json").json == []
    assert jobs("projects", "delete", "sets").code == 0


def test_data_sets_and_outputs_are_inputs_of_tools(jobs, tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("a\n")
    jobs("projects", "create", "inputs")
    jobs("datasets", "add", "inputs", str(path))
    path.write_text("a\nb\n")
    jobs("datasets", "add", "inputs", str(path))
    for version, lines in (("", "2"), ("@1", "1")):
        words = ("submit", "wc", f"text=dataset:inputs/t.txt{version}", "lines_only=true")
        job = jobs(*words).id
        assert jobs("wait", job).code == 0
        assert jobs("outputs", "get", job, "counts").code == 0
        assert jobs("logs", job).out.split()[0] == lines
    piped = jobs("submit", "wc", f"text=output:{job}/counts").id
    assert jobs("wait", piped).code == 0
    for wrong in ("dataset:inputs/t.txt@9", "dataset:t.txt", "output:last/counts"):
        assert jobs("submit", "wc", f"text={wrong}").code == 2
    assert jobs("projects", "delete", "inputs").code == 0
