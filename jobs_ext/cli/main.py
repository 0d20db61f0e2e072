"""``jupyter jobs``: finds the verb, runs it, and turns errors into one line and an exit code."""

from __future__ import annotations

import errno
import io
import itertools
import json
import os
import sys
from collections.abc import Sequence

from jobs_ext import __version__
from jobs_ext.client.errors import InvalidRequest, JobsError, StillRunning, near

from . import (
    datasets,
    jobs,
    keys,
    machine,
    nodes,
    notifying,
    outputs,
    projects,
    sharing,
    submitting,
    toolmaking,
    waiting,
)
from .call import Verb
from .exits import Exit, of_error
from .printing import printable

VERBS = {
    verb.name: verb
    for group in (
        submitting,
        toolmaking,
        waiting,
        jobs,
        outputs,
        notifying,
        sharing,
        projects,
        datasets,
        keys,
        nodes,
        machine,
    )
    for verb in group.VERBS
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that `words` (default: the command line) are; return its exit code."""
    given = list(sys.argv[1:] if words is None else words)
    as_json = "--json" in itertools.takewhile(lambda word: word != "--", given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter
    try:
        return int(_run(given))
    except JobsError as error:
        _complain(error, as_json=as_json)
        return of_error(error)
    except UnicodeEncodeError as error:  # a word of the command line, which may be any bytes
        _complain(_not_text(error), as_json=as_json)
        return Exit.REFUSED
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except OSError as error:
        problem = _of_system(error)
        if problem is None:
            raise
        _complain(problem, as_json=as_json)
        return of_error(problem)
    except KeyboardInterrupt as stop:
        told = "" if isinstance(stop, StillRunning) else str(stop)
        sys.stderr.write(f"\njupyter jobs: {told or 'interrupted'}\n")
        return Exit.INTERRUPTED


def _not_text(error: UnicodeEncodeError) -> JobsError:
    """Return what is wrong with a word that can't be sent to the server."""
    word = error.object.encode(errors="backslashreplace").decode()
    return InvalidRequest(f"That is not UTF-8: {word}", field="usage", value=word)


def _of_system(error: OSError) -> JobsError | None:
    """Return what is wrong with a file that was named, or with its disk; None for a defect."""
    if error.filename is None and error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return None
    where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return InvalidRequest(f"{where}{error.strerror}.", field="file", value=error.filename)


def _run(words: list[str]) -> Exit:
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(overview())
        return Exit.OK if words else Exit.REFUSED
    if words[0] == "--version":
        sys.stdout.write(f"{__version__}\n")
        return Exit.OK
    verb, rest = _find(words)
    return verb.run(verb.call(rest))


def _find(words: list[str]) -> tuple[Verb, list[str]]:
    """Return the verb that the first one or two words name, and the words behind."""
    for length in (2, 1):
        verb = VERBS.get(" ".join(words[:length]))
        if verb is not None:
            return verb, words[length:]
    below = [name for name in VERBS if name.startswith(f"{words[0]} ")]
    if below:
        raise InvalidRequest(
            f"jupyter jobs {words[0]} does several things.",
            field="usage",
            hint=f"Write one of: {', '.join(below)}.",
        )
    raise InvalidRequest(
        f"There is no command {words[0]!r}.",
        field="usage",
        value=words[0],
        hint="Options stand behind the command: jupyter jobs list --url …."
        if words[0].startswith("-")
        else near(words[0], VERBS),
    )


def overview() -> str:
    """Return the list of all commands."""
    width = max(map(len, VERBS))
    lines = [f"  {name.ljust(width)}  {verb.summary}" for name, verb in VERBS.items()]
    return "\n".join(
        [
            "usage: jupyter jobs COMMAND …",
            "",
            "Durable jobs: submit, watch, fetch. Jobs go on without this terminal.",
            "",
            *lines,
            "",
            "jupyter jobs COMMAND --help says more. Every command takes --json.",
            "",
        ]
    )


def _complain(error: JobsError, *, as_json: bool) -> None:
    """Say what is wrong: a sentence, and the hint below it."""
    if as_json:
        names = ("message", "type", "field", "value", "hint")
        told = {name: getattr(error, name) for name in names}
        sys.stderr.write(json.dumps(told, default=str) + "\n")
        return
    sys.stderr.write(f"jupyter jobs: {printable(error.message)}\n")
    if error.hint:
        sys.stderr.write(f"  {printable(error.hint)}\n")
