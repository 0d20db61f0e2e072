"""The goeBURST forest: which links between profiles are chosen, and in which order.

Distances are computed in blocks, twice, and never kept: memory grows with the profiles, not with
their pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tables import Report, ignore

_PAIRS = 1 << 19  # whose distances are held at once
_LINKS = 1 << 19  # that are held, beside those chosen so far, before some of them are chosen
_WORD = 1 << 62  # what a sort key is smaller than

Numbers = NDArray[Any]  # of integers


@dataclass(frozen=True)
class Profiles:
    """Allelic profiles, the lower id first: shorter, then by its characters.

    `alleles` has a row for each of `ids` and a column for each of `loci`: equal numbers stand for
    equal alleles, -1 for a missing one. `isolates` has how often each profile was found.
    """

    loci: list[str]
    ids: list[str]
    alleles: Numbers
    isolates: Numbers


@dataclass(frozen=True)
class Links:
    """Links between profiles: three arrays of one length."""

    first: Numbers  # position of the profile with the lower id
    second: Numbers
    distance: Numbers  # in loci

    def __len__(self) -> int:
        return len(self.first)

    def take(self, which: Numbers) -> Links:
        """Return some of them."""
        return Links(self.first[which], self.second[which], self.distance[which])

    @classmethod
    def join(cls, parts: Sequence[Links]) -> Links:
        """Return the links of several parts."""
        names = ("first", "second", "distance")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def near(profiles: Profiles, lvs: int, report: Report = ignore) -> Iterator[Links]:
    """Yield, in parts, all pairs of profiles that differ in 1 to `lvs` loci."""
    mine = np.ascontiguousarray(profiles.alleles.T)
    if mine.max(initial=0) < np.iinfo(np.int16).max:
        mine = mine.astype(np.int16)
    theirs = np.where(mine < 0, -2, mine).astype(mine.dtype)  # missing: equal to nothing, thus
    count = np.uint8 if len(mine) < 256 else np.uint16 if len(mine) < 65536 else np.uint32
    size, start = len(profiles.ids), 0
    while start < size - 1:
        width = size - start - 1
        stop = min(size - 1, start + max(1, _PAIRS // width))
        distance = np.zeros((stop - start, width), dtype=count)
        differs = np.empty(distance.shape, dtype=bool)
        for one, other in zip(mine[:, start:stop, None], theirs[:, None, start + 1 :], strict=True):
            np.not_equal(one, other, out=differs)
            np.add(distance, differs.view(np.uint8), out=distance)
        which = np.flatnonzero(distance - count(1) < lvs)  # 0 - 1 is the largest number there is
        first, second = np.divmod(which, width)
        found = Links(first + start, second + start + 1, distance.ravel()[which].astype(np.int32))
        yield found.take(found.first < found.second)
        report(1 - (1 - stop / size) ** 2)
        start = stop


def variant_counts(profiles: Profiles, lvs: int, report: Report = ignore) -> Numbers:
    """Return for each profile (a row) how many others differ in 1, 2, … `lvs` loci."""
    counts = np.zeros(len(profiles.ids) * lvs, dtype=np.int64)
    for links in near(profiles, lvs, report):
        for end in (links.first, links.second):
            counts += np.bincount(end * lvs + links.distance - 1, minlength=len(counts))
    return counts.reshape(-1, lvs)


def _rules(profiles: Profiles, counts: Numbers, links: Links) -> Iterator[tuple[Numbers, int]]:
    """Yield what decides which link comes first, each rule as numbers below a bound.

    Smaller distance; level by level, the ends' variant counts: the larger maximum, the larger
    minimum; the same with their isolates; the lower of the lower ids, the lower of the others.
    """
    yield links.distance, counts.shape[1] + 1
    for column in (*counts.T, profiles.isolates):
        most = int(column.max(initial=0))
        one, other = column[links.first], column[links.second]
        yield most - np.maximum(one, other), most + 1
        yield most - np.minimum(one, other), most + 1
    yield links.first, len(counts)
    yield links.second, len(counts)


def _words(rules: Iterable[tuple[Numbers, int]]) -> Iterator[Numbers]:
    """Yield numbers that sort as the rules do, several rules in one."""
    word, bound = np.zeros((), dtype=np.int64), 1
    for numbers, below in rules:
        if bound * below > _WORD:
            yield word
            word, bound = np.zeros_like(word), 1
        word, bound = word * below + numbers, bound * below
    yield word


def in_order(profiles: Profiles, counts: Numbers, links: Links) -> Links:
    """Return the links in the order of the goeBURST rules, in which no two are equal."""
    rank = np.zeros(len(links), dtype=np.int64)
    order = np.arange(len(links))
    for word in _words(_rules(profiles, counts, links)):
        order = np.lexsort((word, rank))
        rank_, word_ = rank[order], word[order]
        later = (rank_[1:] != rank_[:-1]) | (word_[1:] != word_[:-1])
        rank[order[1:]] = np.cumsum(later)
        rank[order[:1]] = 0
        if later.all():
            break
    return links.take(order)


def spanning(size: int, links: Links) -> tuple[Numbers, Numbers]:
    """Return which of the links, the best first, make the spanning forest; a label per profile.

    Every tree takes its best link that leads out of it, until none does (Borůvka): where no two
    links are equal these are the links that Kruskal takes.
    """
    label = np.arange(size)
    left, chosen = np.arange(len(links)), np.zeros(len(links), dtype=bool)
    while True:
        one, other = label[links.first[left]], label[links.second[left]]
        out = one != other
        left, one, other = left[out], one[out], other[out]
        if not len(left):
            return np.flatnonzero(chosen), label
        best = np.full(size, len(links))
        best[one[::-1]] = left[::-1]  # the last one written stays: the first of each
        there = np.full(size, len(links))
        there[other[::-1]] = left[::-1]
        best = np.minimum(best, there)
        trees = np.flatnonzero(best < len(links))
        chosen[best[trees]] = True
        label = _joined(label, trees, links.take(best[trees]))


def _joined(label: Numbers, trees: Numbers, links: Links) -> Numbers:
    """Return the labels after each of `trees` was joined to the other end of its link."""
    into = np.arange(len(label))
    one, other = label[links.first], label[links.second]
    into[trees] = np.where(one == trees, other, one)
    both = into[into] == np.arange(len(label))  # two that chose the same link: the lower stays
    into = np.where(both, np.minimum(into, np.arange(len(label))), into)
    while not np.array_equal(into, into[into]):
        into = into[into]
    joined: Numbers = into[label]
    return joined


def forest(profiles: Profiles, counts: Numbers, lvs: int, report: Report = ignore) -> Links:
    """Return the links of the goeBURST forest, none longer than `lvs` loci, in order.

    A link that is not needed to span some of the links is not needed to span all: so links are
    chosen again whenever enough of them have come together, and few are ever held.
    """
    size = len(profiles.ids)
    none = np.zeros(0, dtype=np.int64)
    held, waiting = [Links(none, none, none)], 0
    shorter = np.tile(np.arange(size), (lvs, 1))  # labels of what shorter links hold together

    def choose() -> Links:
        links = in_order(profiles, counts, Links.join(held))
        return links.take(spanning(size, links)[0])

    for links in near(profiles, lvs, report):
        known = shorter[links.distance - 1, links.first]
        held.append(links.take(known != shorter[links.distance - 1, links.second]))
        waiting += len(held[-1])
        if waiting > _LINKS:
            held, waiting = [choose()], 0
            for level in range(1, lvs):
                shorter[level] = spanning(size, held[0].take(held[0].distance <= level))[1]
    return choose()


def groups(size: int, links: Links) -> list[Numbers]:
    """Return the connected groups of `size` profiles: the largest first, then the lowest id."""
    label = spanning(size, links)[1]
    order = np.argsort(label, kind="stable")
    found = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return sorted(found, key=lambda group: (-len(group), int(group[0])))


def founder(group: Numbers, counts: Numbers) -> int:
    """Return the profile of `group` with the most variants, nearest level first."""
    return int(group[np.lexsort((group, *-counts[group].T[::-1]))[0]])
