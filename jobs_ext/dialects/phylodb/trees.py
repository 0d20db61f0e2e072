"""Trees as phyloDB writes and reads them: Newick with names everywhere, and Nexus around it.

A tree is its links, each from a node to one below it. Several trees stand one after the other. A
name with a mark of these formats in it, or a blank, stands in quotes, as they have it; phyloDB,
which writes such names as they are, can't read most of them back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Link = tuple[str, str, int]  # from, to, distance
FORMATS = ("newick", "nexus")

_QUOTED = r"'(?:[^']|'')*'(?!')"  # read in one way alone: else a row of quotes takes forever
_SIGN = re.compile(rf"[(),;]|\s*{_QUOTED}\s*(?::[^(),;]*)?|[^(),;]+")
_COMMAND = re.compile(rf"u?tree\b(?:{_QUOTED}|[^=('])*=[^(]*", re.IGNORECASE)
_NODE = re.compile(rf"({_QUOTED}\s*|[^:]+)(?::\s*(\d{{1,9}}))?", re.ASCII)
_MARKS = frozenset("()[],:;' ")


class BadTree(Exception):
    """A text that is no tree."""


def directed(links: Iterable[Link]) -> list[Link]:
    """Return the links of a forest away from the roots of its trees, the shortest first.

    The root of a tree is its first node, in the order of the links, that begins links and ends
    none.
    """
    given = list(links)
    near: dict[str, list[Link]] = {}
    for one, other, distance in given:
        near.setdefault(one, []).append((one, other, distance))
        near.setdefault(other, []).append((other, one, distance))
    ends = {end for _, end, _ in given}
    found: list[Link] = []
    reached: set[str] = set()
    for root in dict.fromkeys(begin for begin, _, _ in given if begin not in ends):
        waiting = [] if root in reached else [root]
        while waiting:
            node = waiting.pop()
            reached.add(node)
            below = [link for link in near[node] if link[1] not in reached]
            found += below
            waiting += [link[1] for link in reversed(below)]
    return sorted(found, key=lambda link: link[2])


def write(links: Iterable[Link], form: str) -> str:
    """Return directed links as a text in one of `FORMATS`."""
    below: dict[str, list[Link]] = {}
    ends = set()
    for link in links:
        below.setdefault(link[0], []).append(link)
        ends.add(link[1])
    newick = "".join(f"{_newick(root, below)};" for root in below if root not in ends)
    return f"BEGIN TREES;\n\tTree result = {newick}\nEND;" if form == "nexus" else newick


def _newick(root: str, below: dict[str, list[Link]]) -> str:
    """Return a tree without its ``;``, however deep it is."""
    pieces: list[str] = []
    waiting = [(root, False)]  # what is to be written, and whether it is a piece or a node
    while waiting:
        text, is_piece = waiting.pop()
        if is_piece:
            pieces.append(text)
            continue
        links = below.get(text, [])
        parts = [(f"){_label(text)}" if links else _label(text), True)]
        for number, (_, child, distance) in reversed([*enumerate(links)]):
            between = "," if number else "("
            parts += [(f":{distance}", True), (child, False), (between, True)]
        waiting += parts
    return "".join(pieces)


def _label(name: str) -> str:
    """Return a name as it is written, in quotes where it would not be read as one name."""
    return name if _MARKS.isdisjoint(name) else "'{}'".format(name.replace("'", "''"))


def read(lines: Iterable[str], form: str) -> list[Link]:
    """Return the links of the trees in a file; raises `BadTree`."""
    links: list[Link] = []
    inside = form == "newick"
    for line in map(str.strip, lines):
        if form == "nexus" and line.upper() in ("BEGIN TREES;", "END;"):
            inside = line.upper() != "END;"
        elif inside and line:
            links += _read_line(line if form == "newick" else _of_command(line))
    _check(links)
    return links


def _of_command(line: str) -> str:
    """Return the tree of a line of Nexus; names that stand for others are not known here."""
    match = _COMMAND.match(line)
    if match is None:
        raise BadTree
    return line[match.end() :]


def _read_line(line: str) -> list[Link]:
    """Return the links of the trees in a line, each whole."""
    links: list[Link] = []
    levels: list[list[tuple[str, int]]] = []  # of each open bracket, its nodes so far
    closed: list[tuple[str, int]] = []  # what stood in the bracket before the next name
    signs = [sign.strip() for sign in _SIGN.findall(line)]
    for sign, following in zip(signs, [*signs[1:], ""], strict=False):
        if sign == "(" and not closed:
            levels.append([])
        elif sign == ")" and levels and levels[-1] and not closed:
            closed = levels.pop()
        elif sign in ("(", ")") or (sign in (",", ";") and closed) or (sign == ";" and levels):
            raise BadTree
        elif sign not in ("", ",", ";"):
            name = _node(sign, following, levels)
            links += [(name, child, distance) for child, distance in closed]
            closed = []
    if levels or closed or not line.endswith(";"):
        raise BadTree
    return links


def _node(sign: str, following: str, levels: list[list[tuple[str, int]]]) -> str:
    """Return the name of a node; it has a distance unless it is a root, before a ``;``."""
    match = _NODE.fullmatch(sign)
    if match is None:
        raise BadTree
    label, distance = match[1].strip(), match[2]
    quoted = re.fullmatch(_QUOTED, label) is not None
    name = label[1:-1].replace("''", "'") if quoted else label
    if following == ";":
        if distance is not None or levels:
            raise BadTree
        return name
    if distance is None or not levels or following == "(":
        raise BadTree
    levels[-1].append((name, int(distance)))
    return name


def _check(links: list[Link]) -> None:
    """Raise `BadTree` unless there are links, and each node hangs on one other at most."""
    ends = [end for _, end, _ in links]
    if not links or len(set(ends)) < len(ends) or len(directed(links)) < len(links):
        raise BadTree
