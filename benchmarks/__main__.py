"""All measurements as one table of ratios: ``python benchmarks [names] [options]``, ``make bench``.

Everything runs on two slots, against servers and stores of its own in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import growth  # noqa: E402
from dialects import dialect_rows  # noqa: E402
from drain import (  # noqa: E402
    ECHO,
    LEAST_RATE,
    MOST_MORE,
    MOST_MORE_DELAYED,
    SINGLES,
    SLOW_SYNC,
    TINY,
    compiled,
    run,
    served,
    xargs,
)
from echo import echo_rows  # noqa: E402
from get import get_rows  # noqa: E402
from idle import idle_rows  # noqa: E402
from measured import compile_ours, in_turns  # noqa: E402
from million import million_rows  # noqa: E402
from private_server import PrivateServer  # noqa: E402
from rows import Row, table  # noqa: E402
from watchers import watcher_rows  # noqa: E402

Measured = Callable[[Path, argparse.Namespace], list[Row]]


def drain_rows(folder: Path, given: argparse.Namespace) -> list[Row]:
    """Tiny commands beside xargs and subprocess.run."""
    program = str(compiled(folder, "tiny", TINY) or ECHO)
    with served(folder / "server", program, given.commands) as ours:
        many = in_turns(ours.batch, lambda: xargs(program, given.commands), given.runs)
    rate = many[1] / many[0]
    texts = [f"{given.commands / seconds:,.0f}/s" for seconds in many]
    delay = compiled(folder, "slow_sync.so", SLOW_SYNC, "-shared", "-fPIC", "-ldl")
    singles = [("one command, submit to final", MOST_MORE, None)]
    if delay is not None:
        singles.append(("the same, 5 ms added to each fsync", MOST_MORE_DELAYED, delay))
    return [
        Row(
            f"{given.commands:,} commands in a batch",
            "xargs -P2 -n1",
            *texts,
            rate,
            f"rate ≥ {LEAST_RATE} ×",
            rate >= LEAST_RATE,
        ),
        *(
            _single(folder / f"single{n}", program, given.runs, *one)
            for n, one in enumerate(singles)
        ),
    ]


def _single(
    folder: Path, program: str, runs: int, what: str, most: float, preload: Path | None
) -> Row:
    """One command beside subprocess.run, `preload` in server, runner and keeper; `most` in ms."""
    with served(folder, program, 1, preload) as ours:
        taken = in_turns(ours.one, lambda: run([program, "x"]), SINGLES * runs)
    more = (taken[0] - taken[1]) * 1000
    texts = [f"{seconds * 1000:.1f} ms" for seconds in taken]
    goal = f"≤ +{most:.0f} ms, is {more:+.1f}"
    return Row(what, "subprocess.run", *texts, taken[0] / taken[1], goal, more <= most)


def _with_server(measure: Callable[[PrivateServer], list[Row]], folder: Path) -> list[Row]:
    with PrivateServer(folder, root=folder) as server:
        return measure(server)


def _parquet(folder: Path, given: argparse.Namespace) -> list[Row]:
    from parquet import parquet_rows

    return _with_server(lambda server: parquet_rows(server, folder, given.gigabytes), folder)


def _echo(folder: Path, given: argparse.Namespace) -> list[Row]:
    return _with_server(lambda server: echo_rows(server, given.commands), folder)


ROWS: dict[str, Measured] = {
    "drain": drain_rows,
    "get": lambda folder, _given: _with_server(get_rows, folder),
    "dialects": lambda folder, _given: _with_server(dialect_rows, folder),
    "million": lambda folder, given: million_rows(folder, given.jobs),
    "idle": lambda folder, given: idle_rows(folder, given.seconds),
    "parquet": _parquet,
    "echo": _echo,
    "watchers": lambda folder, _given: watcher_rows(folder),
}
SCRIPTS = (
    "import_time",
    "first_submit",
    "functions",
    "notebooks",
    "goeburst",
    "panel",
)  # that print by themselves


def _script(name: str) -> bool:
    """Run one of `SCRIPTS`; tell whether it met its goals."""
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py")]
    return subprocess.run(command, check=False).returncode == 0


NAMES = [*ROWS, *SCRIPTS, "growth"]


def _growth(folder: Path, given: argparse.Namespace) -> str:
    """Measure at each size, draw the plot, and return the table."""
    sizes = [size for size in growth.SIZES if size <= given.jobs]
    found = [growth.measure(folder / str(size), size) for size in sizes]
    growth.plot(sizes, found, given.plot)
    return growth.table(sizes, found)


def main() -> int:
    """Measure what is asked for and print the table; return 1 when a goal is missed."""
    given = _arguments()
    os.environ["CPU_LIMIT"] = "2"
    compile_ours()
    rows: list[Row] = []
    met = True
    for name in given.names or NAMES:
        folder = Path(tempfile.mkdtemp(prefix="jx-"))
        os.sync()
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            if name == "growth":
                print(_growth(folder, given), flush=True)
            elif name in SCRIPTS:
                met = _script(name) and met
            else:
                rows += ROWS[name](folder, given)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print(table(rows))
    return int(not (met and all(row.met for row in rows)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--commands", type=int, default=5000, help="commands of the drain")
    parser.add_argument("--runs", type=int, default=5, help="of which the median is taken")
    parser.add_argument("--jobs", type=int, default=1_000_000, help="stored jobs")
    parser.add_argument("--gigabytes", type=float, default=1.0, help="of Parquet")
    parser.add_argument("--seconds", type=float, default=30.0, help="of idling")
    parser.add_argument("--plot", type=Path, default=ROOT / "docs" / "images" / "growth.png")
    given = parser.parse_args()
    if unknown := set(given.names) - {*NAMES}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return given


if __name__ == "__main__":
    sys.exit(main())
