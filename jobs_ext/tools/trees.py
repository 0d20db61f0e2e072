"""Rooted trees, read from Newick, Nexus or a table of links."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nexus import is_nexus, read_nexus
from tables import BadInput

_TOKEN = re.compile(r"\s+|\[[^\]]*\]|('(?:[^']|'')*')|([(),:;])|([^\s()\[\]':;,]+)")
_LINK = ("source", "target", "distance")


@dataclass
class Forest:
    """Trees: of each node its name, its children in order, and how far it is from its parent."""

    names: list[str] = field(default_factory=list)
    children: list[list[int]] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)

    def add(self, children: list[int], name: str = "") -> int:
        """Add a node with its children; return its position."""
        self.names.append(name)
        self.children.append(children)
        self.lengths.append(0.0)
        return len(self.names) - 1

    def below(self, root: int) -> Iterator[int]:
        """Yield a root and all nodes below it, each after its parent."""
        waiting = [root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(self.children[node])


def read_trees(text: str) -> Forest:
    """Return the trees of a file; raises BadInput when it holds none.

    Nodes without a name are numbered: #1, #2, … .
    """
    if _is_table(text):
        trees = _links(text)
    elif is_nexus(text):
        newick, names = read_nexus(text)
        trees = _newick(newick)
        trees.names = [names.get(name, name) for name in trees.names]
    elif text.lstrip()[:1] == "(" or text.rstrip()[-1:] == ";":
        trees = _newick(text)
    else:
        trees = _links(text)
    if not trees.roots:
        raise BadInput("There is no tree in the file.")
    unnamed = 0
    for node, name in enumerate(trees.names):
        if not name:
            unnamed += 1
            trees.names[node] = f"#{unnamed}"
    if len(set(trees.names)) < len(trees.names):
        twice = next(name for name in trees.names if trees.names.count(name) > 1)
        raise BadInput(f"The tree has more than one node {twice!r}.")
    return trees


def _is_table(text: str) -> bool:
    """Tell whether a file begins with the columns of a table of links, whatever names follow."""
    return set(_LINK) <= set(re.split(r"[\t,]", text.partition("\n")[0].strip()))


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the tokens of Newick but spaces and comments, each with whether it is a mark."""
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise BadInput(f"This is no Newick: {text[place : place + 20]!r}.")
        quoted, mark, word = match.groups()
        if quoted is not None:
            yield quoted[1:-1].replace("''", "'"), False
        elif mark or word:
            yield mark or word, bool(mark)
        place = match.end()


class _Reader:
    """Reads trees token by token; `_open` has the children of the brackets that are open."""

    def __init__(self) -> None:
        self.trees = Forest()
        self._open: list[list[int]] = [[]]  # the outermost is never filled
        self._node: int | None = None  # the one that name and length are for
        self._length = False  # whether the next word is a length
        self._measured = False  # whether the node's length was begun

    def mark(self, mark: str) -> None:
        """Take one of ``( ) , : ;``."""
        if mark == "(" and self._node is None:
            self._open.append([])
        elif mark == ":" and not self._measured:
            self._leaf()
            self._length = self._measured = True
            return
        elif mark in ",)" and len(self._open) > 1:
            self._end_node()
            if mark == ")":
                self._node = self.trees.add(self._open.pop())
        elif mark == ";" and len(self._open) == 1 and self._node is not None:
            self.trees.roots.append(self._node)
            self._node = None
        else:
            raise BadInput(f"This is no Newick: {mark!r} stands in a wrong place.")
        self._length = False
        self._measured = False

    def word(self, word: str) -> None:
        """Take a name or a length."""
        if self._length and self._node is not None:
            self.trees.lengths[self._node] = read_length(word)
            self._length = False
            return
        node = self._leaf()
        if self.trees.names[node]:
            raise BadInput(f"This is no Newick: {word!r} stands in a wrong place.")
        self.trees.names[node] = word

    def end(self) -> Forest:
        """Return what was read."""
        if len(self._open) > 1 or self._node is not None:
            raise BadInput("This is no Newick: the last tree has no end.")
        return self.trees

    def _leaf(self) -> int:
        if self._node is None:
            self._node = self.trees.add([])
        return self._node

    def _end_node(self) -> None:
        self._open[-1].append(self._leaf())
        self._node = None


def _newick(text: str) -> Forest:
    reader = _Reader()
    for token, is_mark in _tokens(text):
        if is_mark:
            reader.mark(token)
        else:
            reader.word(token)
    return reader.end()


def read_length(text: str) -> float:
    """Return a distance; BadInput unless it is a finite number."""
    try:
        length = float(text)
    except ValueError:
        length = math.nan
    if not math.isfinite(length):
        raise BadInput(f"{text!r} is no distance.")
    return length


def _links(text: str) -> Forest:
    """Return the trees that links make, each directed away from its root.

    A root is the source of a link and the target of none: of the links of goeBURST, whose sources
    have the lower ids, the first such in their order.
    """
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    trees, node_of = Forest(), dict[str, int]()
    near: list[list[tuple[int, float]]] = []
    pairs = []
    for row in rows:
        source, target, distance = (row.get(name) or "" for name in _LINK)
        if not (source and target):
            raise BadInput(
                f"This is neither a tree nor a table with the columns {', '.join(_LINK)}."
            )
        for name in (source, target):
            if name not in node_of:
                node_of[name] = trees.add([], name)
                near.append([])
        pair, length = (node_of[source], node_of[target]), read_length(distance)
        pairs.append(pair)
        near[pair[0]].append((pair[1], length))
        near[pair[1]].append((pair[0], length))
    targets = {target for _, target in pairs}
    trees.roots = list(dict.fromkeys(source for source, _ in pairs if source not in targets))
    _direct(trees, near)
    return trees


def _direct(trees: Forest, near: list[list[tuple[int, float]]]) -> None:
    """Give every node its children, from the roots on; BadInput if links make a circle."""
    reached: dict[int, int] = {}
    roots = []
    for root in trees.roots:
        if root in reached:
            continue
        roots.append(root)
        reached[root] = root
        waiting = [root]
        while waiting:
            node = waiting.pop()
            for other, length in near[node]:
                if other in reached:
                    continue
                reached[other] = node
                trees.children[node].append(other)
                trees.lengths[other] = length
                waiting.append(other)
    trees.roots = roots
    if sum(map(len, near)) != 2 * (len(trees.names) - len(roots)) or len(reached) < len(near):
        raise BadInput("The links are no tree: some of them make a circle.")
