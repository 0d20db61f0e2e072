"""goeBURST: the minimum spanning forest of allelic profiles, ties broken by variant counts.

Rules after Francisco AP, Bugalho M, Ramirez M, Carrico JA: Global optimal eBURST analysis of
multilocus typing data using a graphic matroid approach. BMC Bioinformatics 2009, 10:152.

A script that needs NumPy, so that any Python which has it can run it as a job:
``python goeburst.py --profiles FILE [--isolates FILE] [--lvs 3] [--leave_out a,b]`` writes
``complexes.csv``, ``links.csv`` and ``loci.csv`` into the working folder.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from forest import Links, Numbers, Profiles, forest, founder, groups, variant_counts
from tables import BadInput, Report, ended, ignore, progress_reporter, read_rows, write_table

#: Columns of published profile tables that describe a profile and are not loci.
NOT_LOCI = frozenset({"clonal_complex", "species", "mlst_clade", "cc", "lineage"})


def read_profiles(
    path: Path, leave_out: Sequence[str] = (), isolates: Path | None = None
) -> Profiles:
    """Read a tab-separated table of profiles, without the columns named in `leave_out`.

    Raises BadInput, naming the line, for a file that is not such a table.
    """
    rows = read_rows(path)
    if not rows or len(rows[0]) < 2:
        raise BadInput(
            f"{path.name} is not a table of profiles: its first line must name the sequence type "
            "and the loci, separated by tabs."
        )
    columns = locus_columns(rows[0], leave_out)
    _check_rows(path.name, rows)
    found = sorted(rows[1:], key=lambda row: (len(row[0]), row[0]))
    ids = [row[0] for row in found]
    times = Counter[str]() if isolates is None else count_isolates(isolates)
    return Profiles(
        loci=[rows[0][c] for c in columns],
        ids=ids,
        alleles=np.stack([_numbered([row[c].strip() for row in found]) for c in columns], axis=1),
        isolates=np.array([times[one.strip()] for one in ids]),
    )


def count_isolates(path: Path) -> Counter[str]:
    """Return how many isolates have each profile: the column that begins with ST names it."""
    rows = read_rows(path)
    columns = [at for at, name in enumerate(rows[0] if rows else []) if name.startswith("ST")]
    if not columns:
        raise BadInput(f"{path.name} is not a table of isolates: no column begins with ST.")
    return Counter(row[columns[0]].strip() for row in rows[1:] if len(row) > columns[0])


def _numbered(alleles: list[str]) -> Numbers:
    """Return a number for each allele of a locus; -1 for one that is missing: blank, or dashes."""
    numbers = {name: at for at, name in enumerate(dict.fromkeys(alleles)) if name.strip("-")}
    return np.array([numbers.get(name, -1) for name in alleles], dtype=np.int32)


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


def complex_rows(profiles: Profiles, counts: Numbers, links: Links) -> list[tuple[object, ...]]:
    """Return one row per group: its number, founder, profiles, links and total distance."""
    size = len(profiles.ids)
    found = groups(size, links)
    number_of = np.empty(size, dtype=np.int64)
    for number, group in enumerate(found):
        number_of[group] = number
    held = np.bincount(number_of[links.first], minlength=len(found))
    weight = np.bincount(number_of[links.first], links.distance, minlength=len(found))
    return [
        (number + 1, profiles.ids[founder(group, counts)], len(group), held[number], int(total))
        for (number, group), total in zip(enumerate(found), weight, strict=True)
    ]


def link_rows(profiles: Profiles, links: Links) -> Iterator[tuple[str, str, int]]:
    """Yield one row per link: the two profiles, the lower id first, and their distance."""
    for first, second, apart in zip(links.first, links.second, links.distance, strict=True):
        yield profiles.ids[first], profiles.ids[second], int(apart)


def locus_rows(profiles: Profiles) -> list[tuple[str, int, int]]:
    """Return the name of each locus, its number of alleles, and of profiles that miss it."""
    return [
        (locus, len(set(alleles[alleles >= 0].tolist())), int((alleles < 0).sum()))
        for locus, alleles in zip(profiles.loci, profiles.alleles.T, strict=True)
    ]


def run(profiles: Profiles, lvs: int, report: Report = ignore) -> str:
    """Write the three tables into the working folder; return a line that sums them up."""
    levels = min(lvs, len(profiles.loci))
    counts = variant_counts(profiles, levels, lambda part: report(0.5 * part))
    links = forest(profiles, counts, levels, lambda part: report(0.5 + 0.5 * part))
    rows = complex_rows(profiles, counts, links)
    write_table(Path("complexes.csv"), ("complex", "founder", "profiles", "links", "weight"), rows)
    write_table(Path("links.csv"), ("source", "target", "distance"), link_rows(profiles, links))
    write_table(Path("loci.csv"), ("locus", "alleles", "missing"), locus_rows(profiles))
    return (
        f"{len(profiles.ids)} profiles, {len(profiles.loci)} loci, links up to {lvs}: "
        f"{len(links)} links, {len(rows)} groups"
    )


def load(given: argparse.Namespace) -> Profiles:
    """Return the profiles that were asked for, or raise BadInput."""
    if given.lvs < 1:
        raise BadInput(f"lvs must be at least 1; it is {given.lvs}.")
    leave_out = [name.strip() for name in given.leave_out.split(",") if name.strip()]
    return read_profiles(given.profiles, leave_out, given.isolates)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program; return its exit code."""
    parser = argparse.ArgumentParser(description="goeBURST clonal complexes of allelic profiles.")
    parser.add_argument("--profiles", type=Path, required=True)
    parser.add_argument("--isolates", type=Path)
    parser.add_argument("--lvs", type=int, default=3)
    parser.add_argument("--leave_out", default="")
    given = parser.parse_args(arguments)
    report = progress_reporter(os.environ.get("JOBS_PROGRESS"))
    return ended(lambda: run(load(given), given.lvs, report))


if __name__ == "__main__":
    sys.exit(main())
