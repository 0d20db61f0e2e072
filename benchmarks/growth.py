"""Time, memory and disk at growing numbers of stored jobs: a table, and a plot of it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ASKED = ("first page", "deep page", "status", "counts of a batch", "submit", "claim")


def measure(folder: Path, n_jobs: int) -> dict[str, float]:
    """Return what a store of `n_jobs` costs, measured in a process of its own."""
    command = [sys.executable, __file__, str(folder), str(n_jobs)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    found: dict[str, float] = json.loads(told)
    return found


def _measure_here(folder: Path, n_jobs: int) -> dict[str, float]:
    import psutil
    from filled import fill, open_service
    from million import questions

    service = open_service(folder)
    start = time.perf_counter()
    fill(service, n_jobs)
    found = {"fill, s": time.perf_counter() - start}
    asked = questions(service)
    for what in ASKED:
        times = []
        for _ in range(9):
            begun = time.perf_counter()
            asked[what]()
            times.append(time.perf_counter() - begun)
        found[f"{what}, ms"] = median(times) * 1000
    found["memory of the process, MB"] = psutil.Process().memory_info().rss / 1e6
    service.close()
    found["disk, MB"] = service.paths.db.stat().st_size / 1e6
    return found


def table(sizes: list[int], found: list[dict[str, float]]) -> str:
    """Return the measurements as a Markdown table, one column for each size."""
    lines = [["", *(f"{size:,} jobs" for size in sizes)], ["---"] * (len(sizes) + 1)]
    lines += [[what, *(f"{one[what]:.2f}" for one in found)] for what in found[0]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plot(sizes: list[int], found: list[dict[str, float]], target: Path) -> None:
    """Draw the measurements on logarithmic axes: flat lines stay flat, linear ones are straight."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for what in found[0]:
        side = left if what.endswith("ms") else right
        side.plot(sizes, [one[what] for one in found], marker="o", label=what)
    for side, title in ((left, "time of one question"), (right, "filling, memory, disk")):
        side.set(xscale="log", yscale="log", xlabel="stored jobs", title=title)
        side.grid(alpha=0.3)
        side.legend(fontsize=8)
    left.set(ylabel="milliseconds", ylim=(0.01, 100))
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    print(json.dumps(_measure_here(Path(sys.argv[1]), int(sys.argv[2]))))
