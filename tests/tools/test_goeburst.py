"""goeBURST against a plain Kruskal on all pairs, published numbers, cases by hand; bad files."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.tools.shipped import goeburst

REPOSITORY = Path(__file__).parents[2]
SCRIPT = Path(goeburst.__file__)
SPYOGENES = REPOSITORY / "notebooks" / "data" / "spyogenes.tsv"


def run(folder, table, *arguments, environment=None):
    """Run the tool as a job would: by path, in a folder."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, SCRIPT, "--profiles", table, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment or {}, capture_output=True, text=True, check=False
    )


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def table(path, *lines, header="ST a b c d"):
    path.write_text("".join("\t".join(line.split()) + "\n" for line in (header, *lines)))
    return path


def plain_kruskal(text, lvs, isolates=()):
    """Return (source, target, distance) of the links, from the rules as they are published."""
    _, *lines = [line.split("\t") for line in text.splitlines()]
    lines.sort(key=lambda line: (len(line[0]), line[0]))
    ids = [line[0] for line in lines]
    alleles = [[a if a.strip() not in ("", "-") else object() for a in line[1:]] for line in lines]
    size = range(len(ids))
    apart = {
        pair: sum(a != b for a, b in zip(*(alleles[end] for end in pair), strict=True))
        for pair in itertools.combinations(size, 2)
    }
    links = [pair for pair in apart if 0 < apart[pair] <= lvs]
    counts = Counter((end, apart[pair]) for pair in links for end in pair)
    times = Counter(isolates)

    def order(pair):
        levels = [[counts[end, level] for end in pair] for level in range(1, lvs + 1)]
        levels.append([times[ids[end]] for end in pair])
        return apart[pair], [(-max(both), -min(both)) for both in levels], pair

    cluster = {end: {end} for end in size}
    chosen = []
    for pair in sorted(links, key=order):
        one, other = (cluster[end] for end in pair)
        if one is not other:
            one |= other
            cluster |= dict.fromkeys(other, one)
            chosen.append((ids[pair[0]], ids[pair[1]], apart[pair]))
    return chosen, {frozenset(members) for members in cluster.values()}


def links_of(folder):
    return [(r["source"], r["target"], int(r["distance"])) for r in rows(folder / "links.csv")]


@pytest.mark.parametrize("lvs", [1, 2, 3, 7])
def test_links_and_groups_are_those_of_kruskal_on_all_pairs(tmp_path, lvs):
    part = tmp_path / "part.tsv"
    part.write_text("".join(SPYOGENES.read_text().splitlines(keepends=True)[:151]))
    links, groups = plain_kruskal(part.read_text().replace("\t\n", "\n"), lvs)

    assert run(tmp_path / "work", part, "--lvs", str(lvs)).returncode == 0

    assert links_of(tmp_path / "work") == links
    complexes = rows(tmp_path / "work" / "complexes.csv")
    assert sorted(int(r["profiles"]) for r in complexes) == sorted(map(len, groups))
    assert sum(int(r["weight"]) for r in complexes) == sum(link[2] for link in links)
    assert sum(int(r["links"]) for r in complexes) == len(links)


@pytest.mark.parametrize("held", [1, 40, 1 << 19])
@pytest.mark.parametrize("seed", range(6))
def test_so_they_are_with_forced_ties_missing_alleles_isolates_and_rows_in_any_order(
    tmp_path, monkeypatch, seed, held
):
    random = Random(seed)
    lvs = random.randint(1, 5)
    lines = [
        "\t".join([str(number), *(random.choice(["1", "1", "2", "3", "-", ""]) for _ in range(4))])
        for number in range(5, 55)
    ]
    random.shuffle(lines)
    text = "\n".join(["ST\ta\tb\tc\td", *lines]) + "\n"
    isolates = [str(random.randint(1, 60)) for _ in range(80)]
    (tmp_path / "t.tsv").write_text(text)
    (tmp_path / "i.tsv").write_text("id\tST (mlst)\n" + "".join(f"x\t{one}\n" for one in isolates))
    forest = sys.modules["forest"]
    monkeypatch.setattr(forest, "_LINKS", held)
    monkeypatch.setattr(forest, "_PAIRS", held)
    monkeypatch.setattr(forest, "_WORD", 1 << random.randint(14, 62))
    monkeypatch.chdir(tmp_path)

    profiles = goeburst.read_profiles(tmp_path / "t.tsv", isolates=tmp_path / "i.tsv")
    goeburst.run(profiles, lvs)

    assert links_of(tmp_path) == plain_kruskal(text, lvs, isolates)[0]


#: What phyloDB's own implementation gives for its demo profiles: links and weight by lvs.
DEMO = ["1 1 1 1 1 1 1 1", "2 1 1 4 1 18 13 18", "3 1 5 1 8 14 11 14", "4 1 5 2 20 1 1 1",
        "5 1 5 2 11 9 3 51", "6 1 5 2 1 9 3 49", "7 1 5 4 1 5 1 8", "8 1 5 4 5 17 1 8",
        "9 1 5 4 5 5 1 8", "10 1 5 4 5 9 1 10"]  # fmt: skip


@pytest.mark.parametrize(
    ("lvs", "number", "weight"), [(1, 2, 2), (3, 5, 9), (7, 9, 26), (99, 9, 26)]
)
def test_the_demo_profiles_of_phylodb(tmp_path, lvs, number, weight):
    path = table(tmp_path / "t.tsv", *DEMO, header="ST a b c d e f g")
    run(tmp_path / "work", path, "--lvs", str(lvs))
    links = links_of(tmp_path / "work")
    assert (len(links), sum(link[2] for link in links)) == (number, weight)
    assert sorted(links[:2]) == [("7", "9", 1), ("8", "9", 1)]


def test_links_of_hundreds_of_loci_are_counted_right(tmp_path):
    wide = [f"l{n}" for n in range(300)]
    path = table(
        tmp_path / "t.tsv",
        " ".join(["1"] + ["1"] * 300),
        " ".join(["2"] + ["2"] * 256 + ["1"] * 44),
        " ".join(["3"] + ["2"] * 300),
        header=" ".join(["ST", *wide]),
    )
    run(tmp_path / "work", path, "--lvs", "300")
    assert links_of(tmp_path / "work") == [("2", "3", 44), ("1", "2", 256)]


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
    path.write_text("ST\ta\tb\n1\t-\t1\n2\t\t1\n3\t \t1\n4\t--\t1\n")
    run(tmp_path / "work", path, "--lvs", "2")
    assert links_of(tmp_path / "work") == [("1", "2", 1), ("1", "3", 1), ("1", "4", 1)]
    assert rows(tmp_path / "work" / "loci.csv")[0] == {"locus": "a", "alleles": "0", "missing": "4"}


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
    bad = run(tmp_path / "w", SPYOGENES, "--isolates", SPYOGENES.with_name("README.md")).stderr
    assert "no column begins with ST" in bad
    assert "at least 1; it is 0" in run(tmp_path / "w", SPYOGENES, "--lvs", "0").stderr
