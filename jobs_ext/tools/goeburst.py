"""goeBURST: the minimum spanning forest of allelic profiles, ties broken by variant counts.

Rules after Francisco AP, Bugalho M, Ramirez M, Carrico JA: Global optimal eBURST analysis of
multilocus typing data using a graphic matroid approach. BMC Bioinformatics 2009, 10:152.

A script of the standard library alone, so that any Python can run it as a job:
``python goeburst.py --profiles FILE [--lvs 3] [--leave_out a,b]`` writes ``complexes.csv``,
``links.csv`` and ``loci.csv`` into the working folder.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import ne
from pathlib import Path

#: Columns of published profile tables that describe a profile and are not loci.
NOT_LOCI = frozenset({"clonal_complex", "species", "mlst_clade", "cc", "lineage"})
MISSING = frozenset({"", "-"})


#: Told how far the work is, from 0.0 to 1.0.
Report = Callable[[float], None]


class BadInput(Exception):
    """The profiles, or what was asked of them, make no sense; says why in one sentence."""


@dataclass(frozen=True)
class Profiles:
    """A table of allelic profiles: `alleles[i]` are those of `ids[i]`, in the order of `loci`.

    A missing allele is an object of its own, so that it equals nothing else.
    """

    loci: list[str]
    ids: list[str]
    alleles: list[tuple[object, ...]]


@dataclass(frozen=True, order=True)
class Link:
    """A link between two profiles; sorting links gives the order of the goeBURST rules."""

    distance: int  # in loci
    tie_break: tuple[object, ...]
    first: int  # positions in the table, first < second
    second: int


def ignore(_fraction: float) -> None:
    """Report to nobody."""


def read_profiles(path: Path, leave_out: Sequence[str] = ()) -> Profiles:
    """Read a tab-separated table of profiles, without the columns named in `leave_out`.

    Raises BadInput, naming the line, for a file that is not such a table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row]
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error):
        raise BadInput(f"{path.name} is not a text file.") from None
    if not rows or len(rows[0]) < 2:
        raise BadInput(
            f"{path.name} is not a table of profiles: its first line must name the sequence type "
            "and the loci, separated by tabs."
        )
    columns = locus_columns(rows[0], leave_out)
    _check_rows(path.name, rows)
    return Profiles(
        loci=[rows[0][c] for c in columns],
        ids=[row[0] for row in rows[1:]],
        alleles=[tuple(_allele(row[c]) for c in columns) for row in rows[1:]],
    )


def locus_columns(header: Sequence[str], leave_out: Sequence[str]) -> list[int]:
    """Return the positions of the columns that are compared."""
    unknown = [name for name in leave_out if name not in header[1:]]
    if unknown:
        raise BadInput(f"There is no column {unknown[0]!r} to leave out; {_named(header[1:])}")
    columns = [
        position
        for position, name in enumerate(header)
        if position and name.lower() not in NOT_LOCI and name not in leave_out
    ]
    if not columns:
        raise BadInput(f"No locus is left to compare; {_named(header[1:])}")
    return columns


def _named(columns: Iterable[str]) -> str:
    return f"the columns are {', '.join(columns)}."


def _check_rows(name: str, rows: Sequence[Sequence[str]]) -> None:
    seen: set[str] = set()
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(rows[0]):
            raise BadInput(
                f"{name}, profile {number - 1} ({row[0]!r}): "
                f"{len(row)} columns where the header has {len(rows[0])}."
            )
        if row[0] in seen:
            raise BadInput(f"{name}, profile {number - 1}: {row[0]!r} stands there twice.")
        seen.add(row[0])
    if len(seen) < 2:
        raise BadInput(f"{name} must hold at least two profiles; it has {len(seen)}.")


def _allele(text: str) -> object:
    allele = text.strip()
    return object() if allele in MISSING else allele


def distance(one: tuple[object, ...], other: tuple[object, ...]) -> int:
    """Return the number of loci in which two profiles differ."""
    return sum(map(ne, one, other))


def variant_counts(profiles: Profiles, lvs: int, report: Report = ignore) -> list[list[int]]:
    """Return for each profile how many others differ in 1, 2, … `lvs` loci."""
    counts = [[0] * lvs for _ in profiles.ids]
    for second, alleles in enumerate(profiles.alleles):
        report(0.5 * (second / len(profiles.ids)) ** 2)
        for first in range(second):
            apart = distance(profiles.alleles[first], alleles)
            if 0 < apart <= lvs:
                counts[first][apart - 1] += 1
                counts[second][apart - 1] += 1
    return counts


def rank_link(
    ids: Sequence[str], counts: Sequence[Sequence[int]], apart: int, one: int, other: int
) -> Link:
    """Return the link of two profiles with its place in the order of the rules.

    Smaller distance first; then, level by level, the ends' variant counts: the larger maximum,
    the larger minimum; then the earlier profile; then the lower of the later identifiers.
    """
    first, second = min(one, other), max(one, other)
    variants = [
        -count
        for level in zip(counts[first], counts[second], strict=True)
        for count in (max(level), min(level))
    ]
    later_id = max((len(ids[end]), ids[end]) for end in (first, second))
    return Link(apart, (*variants, first, later_id), first, second)


def forest(
    profiles: Profiles, counts: Sequence[Sequence[int]], lvs: int, report: Report = ignore
) -> list[Link]:
    """Return the links of the goeBURST forest, none longer than `lvs` loci, in order.

    The rules put all links in one strict order, so growing tree by tree (Prim) chooses the same
    links as taking them one by one in that order (Kruskal), and never holds all of them.
    """
    size = len(profiles.ids)
    waiting = set(range(size))
    nearest: dict[int, Link] = {}
    chosen: list[Link] = []
    while waiting:
        grown = min(nearest, key=nearest.__getitem__) if nearest else min(waiting)
        waiting.discard(grown)
        report(0.5 + 0.5 * (1 - len(waiting) / size))
        if nearest:
            chosen.append(nearest.pop(grown))
        for other in waiting:
            apart = distance(profiles.alleles[grown], profiles.alleles[other])
            known = nearest.get(other)
            if not 0 < apart <= lvs or (known and known.distance < apart):
                continue
            link = rank_link(profiles.ids, counts, apart, grown, other)
            nearest[other] = link if known is None else min(known, link)
    return sorted(chosen)


def groups(size: int, links: Iterable[Link]) -> list[list[int]]:
    """Return the connected groups of `size` profiles: the largest first, then in table order."""
    group_of = {position: [position] for position in range(size)}
    for link in links:
        kept, joined = group_of[link.first], group_of[link.second]
        kept.extend(joined)
        group_of |= dict.fromkeys(joined, kept)
    distinct = {id(group): sorted(group) for group in group_of.values()}
    return sorted(distinct.values(), key=lambda group: (-len(group), group[0]))


def founder(group: Sequence[int], counts: Sequence[Sequence[int]]) -> int:
    """Return the profile of `group` with the most variants, nearest level first."""
    return min(group, key=lambda position: ([-count for count in counts[position]], position))


def progress_reporter(path: str | None, steps: int = 20) -> Report:
    """Return what appends progress to the file at `path`, at most `steps` times; None: to none."""
    if path is None:
        return ignore
    said = 0

    def report(fraction: float) -> None:
        nonlocal said
        if int(fraction * steps) > said:
            said = int(fraction * steps)
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"fraction": round(fraction, 2)}) + "\n")

    return report


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows as CSV with a header line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def complex_rows(
    profiles: Profiles, counts: Sequence[Sequence[int]], links: Sequence[Link]
) -> list[tuple[object, ...]]:
    """Return one row per group: its number, founder, profiles, links and total distance."""
    found = groups(len(profiles.ids), links)
    number_of = {position: number for number, group in enumerate(found) for position in group}
    spans: list[list[int]] = [[] for _ in found]
    for link in links:
        spans[number_of[link.first]].append(link.distance)
    return [
        (number, profiles.ids[founder(group, counts)], len(group), len(span), sum(span))
        for number, (group, span) in enumerate(zip(found, spans, strict=True), start=1)
    ]


def run(profiles: Profiles, lvs: int, report: Report = ignore) -> str:
    """Write the three tables into the working folder; return a line that sums them up."""
    counts = variant_counts(profiles, lvs, report)
    links = forest(profiles, counts, lvs, report)
    rows = complex_rows(profiles, counts, links)
    write_table(Path("complexes.csv"), ("complex", "founder", "profiles", "links", "weight"), rows)
    write_table(
        Path("links.csv"),
        ("source", "target", "distance"),
        ((profiles.ids[link.first], profiles.ids[link.second], link.distance) for link in links),
    )
    write_table(Path("loci.csv"), ("locus", "alleles", "missing"), locus_rows(profiles))
    return (
        f"{len(profiles.ids)} profiles, {len(profiles.loci)} loci, links up to {lvs}: "
        f"{len(links)} links, {len(rows)} groups"
    )


def locus_rows(profiles: Profiles) -> list[tuple[str, int, int]]:
    """Return the name of each locus, its number of alleles, and of profiles that miss it."""
    columns = zip(*profiles.alleles, strict=True)
    present = [[allele for allele in column if isinstance(allele, str)] for column in columns]
    total = len(profiles.ids)
    return [
        (locus, len(set(alleles)), total - len(alleles))
        for locus, alleles in zip(profiles.loci, present, strict=True)
    ]


def load(path: Path, lvs: int, leave_out: str) -> Profiles:
    """Return the profiles that were asked for, or raise BadInput."""
    if lvs < 1:
        raise BadInput(f"lvs must be at least 1; it is {lvs}.")
    return read_profiles(path, [name.strip() for name in leave_out.split(",") if name.strip()])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program; return its exit code."""
    parser = argparse.ArgumentParser(description="goeBURST clonal complexes of allelic profiles.")
    parser.add_argument("--profiles", type=Path, required=True)
    parser.add_argument("--lvs", type=int, default=3)
    parser.add_argument("--leave_out", default="")
    given = parser.parse_args(arguments)
    try:
        profiles = load(given.profiles, given.lvs, given.leave_out)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    print(run(profiles, given.lvs, progress_reporter(os.environ.get("JOBS_PROGRESS"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
