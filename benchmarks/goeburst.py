"""goeBURST of 10,000 profiles beside scipy's minimum_spanning_tree of the same graph.

The peer's time counts the building of its graph: all distances, those of 1 to 3 loci kept. It needs
scipy (`jobs_ext[benchmarks]`).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from measured import compare
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "jobs_ext" / "tools"))

from forest import Profiles, forest, variant_counts  # after the path to it

LVS = 3


def evolved(size: int = 10_000, loci: int = 7) -> Profiles:
    """Return profiles that came from one another by one or two changes, as real ones do."""
    random = np.random.default_rng(7)
    alleles = np.zeros((size, loci), dtype=np.int32)
    for row in range(1, size):
        alleles[row] = alleles[random.integers(row)]
        for locus in random.choice(loci, random.integers(1, 3), replace=False):
            alleles[row, locus] = random.integers(800)
    names = [str(number) for number in range(1, size + 1)]
    return Profiles([f"locus{n}" for n in range(loci)], names, alleles, np.zeros(size, dtype=int))


def ours(profiles: Profiles) -> tuple[float, int]:
    """Return the seconds taken and the weight of the forest."""
    start = time.perf_counter()
    links = forest(profiles, variant_counts(profiles, LVS), LVS)
    return time.perf_counter() - start, int(links.distance.sum())


def peer(profiles: Profiles) -> tuple[float, int]:
    """Return the same of scipy."""
    start = time.perf_counter()
    size, loci = profiles.alleles.shape
    distance = np.rint(pdist(profiles.alleles, "hamming") * loci).astype(np.int8)
    kept = np.flatnonzero((distance > 0) & (distance <= LVS))
    ends = (one[kept] for one in np.triu_indices(size, 1))
    graph = coo_array((distance[kept].astype(float), tuple(ends)), shape=(size, size)).tocsr()
    tree = minimum_spanning_tree(graph)
    return time.perf_counter() - start, int(tree.sum())


def main() -> int:
    """Print the comparison; return 1 when it is over the limit or the weights differ."""
    profiles = evolved()
    weights = ours(profiles)[1], peer(profiles)[1]
    if weights[0] != weights[1]:
        print(f"the weights of the forests differ: {weights}")
        return 1
    names = ("goeburst", "scipy, graph and tree")
    times = (lambda: ours(profiles)[0]), (lambda: peer(profiles)[0])
    return compare(*times, names, limit=3.0, runs=3)


if __name__ == "__main__":
    sys.exit(main())
