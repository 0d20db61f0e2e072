"""Radial layout of trees: a point of the plane for every node.

Each node has a wedge of the circle as wide as its share of the tree's leaves, and lies in its
middle, 100 units away from its parent for each unit of distance, and 10 more. The rules are those
of phyloDB's layout of the same name; each tree has its own origin.

``python radial.py --tree FILE`` reads Newick, Nexus, or a table of links as goeburst writes it, and
writes ``coordinates.csv`` into the working folder.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tables import ended, read_text, write_table
from trees import Forest, read_trees

_UNIT = 100.0  # of the plane, per unit of distance
_LEAST = 10.0  # by which a child at distance 0 is away from its parent

Place = tuple[str, int, float, float]  # node, component from 1, x, y


def leaves(trees: Forest) -> list[int]:
    """Return of each node how many leaves are below it, itself if it is one."""
    number = [0] * len(trees.names)
    for root in trees.roots:
        for node in reversed([*trees.below(root)]):
            number[node] = sum(number[child] for child in trees.children[node]) or 1
    return number


def layout(trees: Forest) -> Iterator[Place]:
    """Yield the place of every node, tree by tree."""
    share = leaves(trees)
    for component, root in enumerate(trees.roots, start=1):
        place = {root: (0.0, 0.0, 0.0)}  # x, y, and where the wedge begins
        for node in trees.below(root):
            x, y, border = place.pop(node)
            yield trees.names[node], component, x, y
            for child in trees.children[node]:
                wedge = 2 * math.pi * share[child] / share[root]
                angle = border + wedge / 2
                away = trees.lengths[child] * _UNIT + _LEAST
                place[child] = x + math.cos(angle) * away, y + math.sin(angle) * away, border
                border += wedge


def run(file: Path) -> str:
    """Write the table of coordinates into the working folder; return a line that sums it up."""
    trees = read_trees(read_text(file))
    write_table(Path("coordinates.csv"), ("profile", "component", "x", "y"), layout(trees))
    return f"{len(trees.names)} nodes, {len(trees.roots)} trees"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program; return its exit code."""
    parser = argparse.ArgumentParser(description="Radial layout of trees.")
    parser.add_argument("--tree", type=Path, required=True)
    given = parser.parse_args(arguments)
    return ended(lambda: run(given.tree))


if __name__ == "__main__":
    sys.exit(main())
