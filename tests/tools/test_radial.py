"""The radial layout against its rules written down twice; trees in every form; bad files."""

from __future__ import annotations

import csv
import math
import subprocess
import sys

import pytest

from tests.tools.shipped import radial


def run(folder, text, name="tree"):
    (folder / name).write_text(text)
    return subprocess.run(
        [sys.executable, radial.__file__, "--tree", folder / name],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def places(folder, text):
    """Return (component, x, y) by node."""
    ended = run(folder, text)
    assert ended.returncode == 0, ended.stderr
    with (folder / "coordinates.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    points = {r["profile"]: (int(r["component"]), float(r["x"]), float(r["y"])) for r in found}
    assert len(points) == len(found)
    return points


def near(place, component, x, y):
    return place[0] == component and math.isclose(place[1], x, abs_tol=1e-9) and math.isclose(
        place[2], y, abs_tol=1e-9
    )  # fmt: skip


def test_a_child_lies_in_the_middle_of_its_wedge_of_the_circle(tmp_path):
    # Three leaves: b has two of them, so a wedge of 240 degrees that begins at 120; its middle is
    # 240. Its own children have 120 each, from where its wedge begins.
    found = places(tmp_path, "(a:1,(c:2,d:0)b:1)r;")
    third = 2 * math.pi / 3
    x, y = 110 * math.cos(2 * third), 110 * math.sin(2 * third)
    assert near(found["r"], 1, 0, 0)
    assert near(found["a"], 1, 110 * math.cos(third / 2), 110 * math.sin(third / 2))
    assert near(found["b"], 1, x, y)
    assert near(found["c"], 1, x + 210 * math.cos(1.5 * third), y + 210 * math.sin(1.5 * third))
    assert near(found["d"], 1, x + 10 * math.cos(2.5 * third), y + 10 * math.sin(2.5 * third))


def test_every_tree_has_its_own_origin(tmp_path):
    found = places(tmp_path, "(a:1)b;\n(c:1)d;")
    assert near(found["b"], 1, 0, 0)
    assert near(found["d"], 2, 0, 0)
    assert near(found["c"], 2, -110, 0)


SAME = {
    "newick": "((8:1,10:2)9:1)7;((6:2)5:4)1;",
    "with spaces, comments and quotes": "( (8 : 1.0, '10':2)[x]9:1)'7' ;\n((6:2)5:4)1;\n",
    "nexus": "#NEXUS\nBEGIN TREES;\n\tTree result = ((8:1,10:2)9:1)7;((6:2)5:4)1;\nEND;",
    "nexus with names of its own": """#nexus
        [Trees; with 'comments']
        Begin taxa; tree no = (a,b)c; end;
        begin trees;
          translate a 7, b 8, 'c c' '9',
                    d 10,;
          tree * 'first = one' = [&R] (
            (b:1, d:2)
            'c c':1)a;
          utree second=((6:2)5:4)1;
        endblock;""",
    "several trees in one": "BEGIN TREES;\nTree t = ((8:1,10:2)9:1)7;\n((6:2)5:4)1;\nEND;",
    "links": "source,target,distance\n7,9,1\n8,9,1\n9,10,2\n5,6,2\n1,5,4\n",
    "tabs": "source\ttarget\tdistance\n7\t9\t1\n8\t9\t1\n9\t10\t2\n5\t6\t2\n1\t5\t4\n",
}


def test_names_in_a_table_are_never_taken_for_a_format(tmp_path):
    text = "source,target,distance\n#nexus,begin trees;,1\n#nexus,(a;,1\n"
    assert set(places(tmp_path, text)) == {"#nexus", "begin trees;", "(a;"}


@pytest.mark.parametrize("form", SAME)
def test_one_tree_in_every_form(tmp_path, form):
    expected = places(tmp_path, SAME["newick"])
    found = places(tmp_path, SAME[form])
    assert found.keys() == expected.keys()
    assert all(near(found[name], *expected[name]) for name in expected)


def test_nodes_without_a_name_are_numbered(tmp_path):
    assert set(places(tmp_path, "(a,,(b,c));")) == {"a", "b", "c", "#1", "#2", "#3"}


def test_a_tree_may_be_as_deep_as_it_likes(tmp_path):
    depth = 20_000
    text = "(" * depth + "x" + "".join(f":1)n{n}" for n in range(depth)) + ";"
    assert len(places(tmp_path, text)) == depth + 1


BAD = {
    "the last tree has no end": "((a,b)",
    "There is no tree in the file": "",
    "')' stands in a wrong place": "(a,b))c;",
    "'(' stands in a wrong place": "(a)(b);",
    "';' stands in a wrong place": ";",
    "'b' stands in a wrong place": "(a b)c;",
    "':' stands in a wrong place": "(a:1:2)b;",
    "'x' is no distance": "(a:x)b;",
    "'inf' is no distance": "(a:inf)b;",
    "more than one node 'a'": "(a,a)b;",
    "some of them make a circle": "source,target,distance\n1,2,1\n2,3,1\n1,3,1\n",
    "neither a tree nor a table": "a,b\n1,2\n",
    "'near' is no distance": "source,target,distance\n1,2,near\n",
    "This is no Newick: ": "('a);",
    "'a b c' is no entry of TRANSLATE": "begin trees; translate a b c; tree x=(a)b; end;",
}


@pytest.mark.parametrize("sentence", BAD)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, sentence):
    ended = run(tmp_path, BAD[sentence])
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("row", ["tree " + "''" * 50_000, "tree '" + "''" * 50_000, "[" * 100_000])
def test_a_row_of_one_mark_is_refused_at_once(tmp_path, row):
    assert run(tmp_path, f"#NEXUS\nBEGIN TREES;\n{row}\nEND;").returncode == 2


def test_links_in_circles_only_are_refused_too(tmp_path):
    ended = run(tmp_path, "source,target,distance\n1,2,1\n2,1,1\n3,4,1\n")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert run(tmp_path, "source,target,distance\n1,1,1\n").returncode == 2


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "tree").write_bytes(b"(a\xff)b;")
    command = [sys.executable, radial.__file__, "--tree", tmp_path / "tree"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "tree is not a text file.\n")
