"""goeBURST against a plain Kruskal on all pairs and cases worked out by hand; bad files."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.shipped import goeburst

REPOSITORY = Path(__file__).parents[2]
SCRIPT = Path(goeburst.__file__)
SPYOGENES = REPOSITORY / "notebooks" / "data" / "spyogenes.tsv"


def run(folder, table, *arguments, environment=None):
    """Run the tool as a job would: by path, in a folder, with an interpreter that has nothing."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-I", SCRIPT, "--profiles", table, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment or {}, capture_output=True, text=True, check=False
    )


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def table(path, *lines, header="ST a b c d"):
    path.write_text("".join("\t".join(line.split()) + "\n" for line in (header, *lines)))
    return path


def plain_kruskal(profiles, lvs):
    """Return (source, target, distance) of the links, from the rules as they are published."""
    size = range(len(profiles.ids))
    apart = {
        pair: sum(a != b for a, b in zip(*(profiles.alleles[end] for end in pair), strict=True))
        for pair in itertools.combinations(size, 2)
    }
    links = [pair for pair in apart if 0 < apart[pair] <= lvs]
    counts = {
        (end, level): sum(1 for pair in links if end in pair and apart[pair] == level)
        for end in size
        for level in range(1, lvs + 1)
    }

    def order(pair):
        levels = [sorted(counts[end, level] for end in pair) for level in range(1, lvs + 1)]
        ids = sorted((len(profiles.ids[end]), profiles.ids[end]) for end in pair)
        return apart[pair], [(-most, -least) for least, most in levels], pair[0], ids[1]

    cluster = {end: {end} for end in size}
    chosen = []
    for pair in sorted(links, key=order):
        one, other = (cluster[end] for end in pair)
        if one is not other:
            one |= other
            cluster |= dict.fromkeys(other, one)
            chosen.append((profiles.ids[pair[0]], profiles.ids[pair[1]], apart[pair]))
    return chosen, {frozenset(members) for members in cluster.values()}


@pytest.mark.parametrize("lvs", [1, 2, 3, 7])
def test_links_and_groups_are_those_of_kruskal_on_all_pairs(tmp_path, lvs):
    part = tmp_path / "part.tsv"
    part.write_text("".join(SPYOGENES.read_text().splitlines(keepends=True)[:151]))
    links, groups = plain_kruskal(goeburst.read_profiles(part), lvs)

    assert run(tmp_path / "work", part, "--lvs", str(lvs)).returncode == 0

    found = rows(tmp_path / "work" / "links.csv")
    assert [(r["source"], r["target"], int(r["distance"])) for r in found] == links
    complexes = rows(tmp_path / "work" / "complexes.csv")
    assert sorted(int(r["profiles"]) for r in complexes) == sorted(map(len, groups))
    assert sum(int(r["weight"]) for r in complexes) == sum(link[2] for link in links)


def test_of_links_as_long_as_each_other_those_of_the_founder_come_first(tmp_path):
    # 1, 2 and 3 differ in locus d alone; 3 has two more single-locus variants, so 1-2 goes unused.
    path = table(
        tmp_path / "t.tsv", "1 1 1 1 1", "2 1 1 1 2", "3 1 1 1 3", "4 1 1 2 3", "5 1 2 1 3"
    )
    run(tmp_path / "work", path, "--lvs", "1")
    links = [(r["source"], r["target"]) for r in rows(tmp_path / "work" / "links.csv")]
    assert links == [("1", "3"), ("2", "3"), ("3", "4"), ("3", "5")]
    (only,) = rows(tmp_path / "work" / "complexes.csv")
    assert (only["founder"], only["profiles"], only["weight"]) == ("3", "5", "4")


def test_a_missing_allele_differs_from_everything_even_another_missing_one(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("ST\ta\tb\n1\t-\t1\n2\t\t1\n3\t \t1\n")
    one, other, third = goeburst.read_profiles(path).alleles
    assert goeburst.distance(one, other) == goeburst.distance(other, third) == 1


def test_identical_profiles_are_not_linked(tmp_path):
    twins = table(tmp_path / "t.tsv", "1 1 1 1 1", "2 1 1 1 1", "3 1 1 1 2")
    assert "2 links, 1 groups" in run(tmp_path / "work", twins, "--lvs", "1").stdout
    links = rows(tmp_path / "work" / "links.csv")
    assert [(r["source"], r["target"]) for r in links] == [("1", "3"), ("2", "3")]


def test_describing_columns_are_not_compared_and_named_ones_are_left_out(tmp_path):
    header = "ST a b c d clonal_complex Species"
    wide = table(tmp_path / "t.tsv", "1 1 1 1 1 x y", "2 1 2 3 1 z w", header=header)
    assert run(tmp_path / "work", wide, "--leave_out", "b, c").returncode == 0
    assert [r["locus"] for r in rows(tmp_path / "work" / "loci.csv")] == ["a", "d"]


def test_progress_is_told_in_the_file_the_job_is_given(tmp_path):
    progress = tmp_path / "progress"
    run(tmp_path / "work", SPYOGENES, environment={"JOBS_PROGRESS": str(progress)})
    told = [json.loads(line)["fraction"] for line in progress.read_text().splitlines()]
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) <= 20


BAD = {
    "is not a table of profiles": "just a text\nwithout tabs\n",
    "must hold at least two profiles; it has 1": "ST\ta\n1\t1\n",
    "profile 2 ('2'): 2 columns where the header has 3": "ST\ta\tb\n1\t1\t1\n2\t1\n",
    "'1' stands there twice": "ST\ta\n1\t1\n1\t2\n",
    "No locus is left to compare": "ST\tspecies\n1\tx\n2\ty\n",
}


@pytest.mark.parametrize("sentence", BAD)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, sentence):
    (tmp_path / "t.tsv").write_text(BAD[sentence])
    ended = run(tmp_path / "work", tmp_path / "t.tsv")
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_what_is_not_there_or_not_text_is_refused_too(tmp_path):
    assert "can't be read: No such file" in run(tmp_path / "w", tmp_path / "none.tsv").stderr
    (tmp_path / "b.tsv").write_bytes(b"ST\ta\n1\t\xff\xfe\n")
    assert "b.tsv is not a text file." in run(tmp_path / "w", tmp_path / "b.tsv").stderr
    assert "no column 'yqiX'" in run(tmp_path / "w", SPYOGENES, "--leave_out", "yqiX").stderr
    assert "at least 1; it is 0" in run(tmp_path / "w", SPYOGENES, "--lvs", "0").stderr
