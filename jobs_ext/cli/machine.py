"""Verbs on this machine's installation rather than on jobs: doctor, and the runner by hand.

The only ones that look past the server; what they need is imported when they run.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from jobs_ext.client.errors import Conflict, InvalidRequest, StoreUnavailable

from .call import Call, Verb
from .exits import Exit
from .printing import printable

if TYPE_CHECKING:
    from jobs_ext.doctor.finding import Finding


def doctor(call: Call) -> Exit:
    """Say what is wrong with this installation; exit code 1 for an error."""
    from jobs_ext.doctor.examine import examine

    found = list(examine(_data_dir(call), lambda: call.client))
    if call.out.as_json:
        call.out.json(found)
    else:
        for one in found:
            _say(call, one)
    return Exit.FAILED if any(one.level == "error" for one in found) else Exit.OK


def _say(call: Call, one: Finding) -> None:
    call.out.line(f"{call.out.coloured(one.level)}  {one.check}: {printable(one.what)}")
    for text in filter(None, (one.why, one.todo)):
        call.out.line(f"    {printable(text)}")


def _data_dir(call: Call) -> Path:
    """Return the folder that was named, else the server's, else the default one."""
    from jupyter_core.paths import jupyter_data_dir

    from jobs_ext.doctor.server import data_dir

    if call.said.data_dir:
        return Path(call.said.data_dir).expanduser().absolute()
    return data_dir(lambda: call.client) or Path(jupyter_data_dir()) / "jobs_ext"


def start(call: Call) -> Exit:
    """Run the jobs of a data directory without a server, until none is left."""
    from jobs_ext.runner.__main__ import main as run
    from jobs_ext.runner.launch import ensure_runner
    from jobs_ext.store.locks import has_server
    from jobs_ext.store.paths import Paths

    root = _data_dir(call)
    if not (root / "jobs.sqlite").exists():
        raise InvalidRequest(
            f"There are no jobs in {root}.",
            field="data_dir",
            value=str(root),
            hint="A Jupyter server with jobs_ext makes the folder; --data-dir names another.",
        )
    paths = Paths(root)
    if has_server(paths):
        raise Conflict(
            f"A server uses {root}; it sees to the runner, by its own settings.",
            field="data_dir",
            value=str(root),
            hint="See jupyter jobs runner status.",
        )
    if call.said.foreground:
        if run(["--data-dir", str(root)]):
            raise StoreUnavailable("The runner could not run.", hint=f"See {paths.runner_log}.")
        return Exit.OK
    started = ensure_runner(paths)
    if call.out.as_json:
        call.out.json({"started": started})
    else:
        call.out.line("started" if started else "there is one already")
    return Exit.OK


def status(call: Call) -> Exit:
    """Say how the runner and the keeper of a data directory are."""
    from jobs_ext.doctor.processes import check_keeper, check_runner
    from jobs_ext.store.paths import Paths

    paths = Paths(_data_dir(call))
    found = [*check_runner(paths), *check_keeper(paths)]
    if call.out.as_json:
        call.out.json(found)
    else:
        for one in found:
            _say(call, one)
    return Exit.FAILED if any(one.level == "error" for one in found) else Exit.OK


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir", metavar="FOLDER", help="default: the server's, else Jupyter's jobs_ext"
    )


def _add_start(parser: argparse.ArgumentParser) -> None:
    _folder(parser)
    parser.add_argument(
        "--foreground", action="store_true", help="in this terminal; Ctrl-C ends it, not the jobs"
    )


VERBS = [
    Verb("doctor", "Say what is wrong with this installation, and what to do.", doctor, _folder),
    Verb("runner start", "Run jobs without a server.", start, _add_start),
    Verb("runner status", "Say how the runner is.", status, _folder),
]
