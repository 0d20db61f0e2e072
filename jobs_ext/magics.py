"""``%load_ext jobs_ext``: ``%%job`` runs the cell as a job; ``%job`` and ``%jobs`` look at jobs."""

from __future__ import annotations

import argparse
import builtins
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from . import linemagics
from .cellnames import OF_IPYTHON, carried_imports, names_of, used_too_early
from .client import inside
from .client.errors import InvalidRequest
from .client.functions import FunctionTarget
from .client.handle import Handle
from .client.job import Job
from .client.results import CELL

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_TEXTS = (
    "memory", "timeout", "max-log-size", "max-output-size", "grace",
    "python", "cwd", "on-lost", "project", "key", "executor", "queue", "archive", "cache",
)  # fmt: skip
_GIVEN = {*dir(builtins), "__name__", "__doc__", "__builtins__"}
_USAGE = "Usage: %%job NAME [--inputs VARIABLE …] [--outputs VARIABLE …]; %%job? tells the rest."


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magics to the notebook; IPython calls this for ``%load_ext jobs_ext``."""

    def job(line: str, cell: str | None = None) -> Any:
        if cell is None:
            return linemagics.act(shell.user_ns, line)
        source = str(shell.transform_cell(cell))  # type: ignore[no-untyped-call]
        return run_cell(shell.user_ns, line, source)

    job.__doc__ = f"{linemagics.act.__doc__}\n\n{parser().format_help()}"
    add: Any = shell.register_magic_function  # its annotations are wrong for bound use
    add(job, "line_cell", "job")
    add(linemagics.jobs, "line", "jobs")
    _complete_lines(shell)


def _complete_lines(shell: InteractiveShell) -> None:
    """Complete the lines of these magics by what may stand there, and by nothing of Python's."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    def complete(context: Any) -> dict[str, Any]:
        words = _may_stand(shell.user_ns, context.text_until_cursor)
        fitting = [SimpleCompletion(w) for w in words if w.startswith(context.token)]
        return {"completions": fitting, "suppress": True, "ordered": True}

    name = "jobs_ext"
    known: list[Any] = shell.Completer.custom_matchers
    known[:] = [one for one in known if getattr(one, "matcher_identifier", "") != name]
    known.append(context_matcher(identifier=name)(complete))


def _may_stand(namespace: Mapping[str, Any], before: str) -> list[str]:
    """Return what may stand at the end of the line `before`; nothing if it is not ours."""
    before = before.lstrip()
    command, blank, _ = before.partition(" ")
    if not blank:
        return []
    if command == "%%job":
        return linemagics.complete_cell(parser(), namespace, before)
    if command == "%job":
        return linemagics.complete_line(namespace, before)
    return linemagics.STATUSES if command == "%jobs" else []


def run_cell(namespace: dict[str, Any], line: str, source: str) -> Job:
    """Submit `source` as a job and bind its handle in `namespace`, by what `line` says.

    Raises `InvalidRequest` for a wrong line, for what is not Python, and naming what the cell
    uses without having it.
    """
    said = parser().parse_args(_words(line))
    _names([said.name])
    inputs, outputs = _names(said.inputs), _names(said.outputs)
    values = _values(namespace, inputs)
    imports = carried_imports(source, {*inputs}, namespace)
    _check_names(source, {*inputs, *imports}, outputs, namespace)
    options = {"name": said.name} | _options(said, namespace)
    function = cell_function(source, said.name, outputs, "\n".join(imports.values()))
    job = CellTarget(function, None, options).submit(**values)
    namespace[said.name] = job
    return job


class CellTarget(FunctionTarget):
    """A cell: a function of its inputs that keeps its outputs, in need of nothing of ours."""

    carried = (inside,)


def cell_function(
    source: str, name: str, outputs: list[str], imports: str = ""
) -> Callable[..., None]:
    """Return a function that runs `source`, after `imports`, with its arguments as variables."""
    keep, compiled = inside.output, inside.compiled_cell

    def run(**inputs: Any) -> None:
        import asyncio
        import inspect
        import linecache
        import types

        __tracebackhide__ = True
        file = f"<cell {name}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(imports, vars(main))  # noqa: S102 - as the notebook did
        vars(main).update(inputs)
        code = compiled(source, file)
        awaited = eval(code, vars(main))  # noqa: S307 - it is the user's own cell
        if inspect.iscoroutine(awaited):
            asyncio.run(awaited)
        absent = [output for output in outputs if output not in vars(main)]
        if absent:
            raise NameError(f"the cell did not set {', '.join(absent)}")
        keep(**{output: vars(main)[output] for output in outputs})

    run.__name__ = run.__qualname__ = f"{CELL}{name}"
    vars(run)["has_value"] = False  # what it keeps is its result
    return run


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors, not the end of the process."""

    def error(self, message: str) -> NoReturn:
        raise InvalidRequest(f"%%job: {message}.", field="line", hint=_USAGE)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        self.error(message or "it does not end the kernel")


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:  # a quote that is not closed
        raise InvalidRequest(f"%%job: {error}.", field="line", value=line, hint=_USAGE) from None


def parser() -> argparse.ArgumentParser:
    """Return what reads the line of ``%%job``."""
    made = _Parser(
        prog="%%job",
        description="Run the cell as a job, in this kernel's Python, and bind its handle.",
        add_help=False,
        allow_abbrev=False,
    )
    made.add_argument("name", help="the variable that gets the handle")
    made.add_argument("--inputs", nargs="+", default=[], help="variables the cell gets a copy of")
    made.add_argument("--outputs", nargs="+", default=[], help="variables of the cell to keep")
    made.add_argument("--cpu", type=float, help="cores")
    made.add_argument("--retries", type=int, help="further attempts after a failure")
    made.add_argument("--env", nargs="+", metavar="NAME=VALUE", help="environment variables")
    made.add_argument("--after", nargs="+", metavar="JOB", help="jobs that must succeed first")
    made.add_argument("--hold", action="store_true", default=None, help="wait for .release()")
    for name in _TEXTS:
        made.add_argument(f"--{name}", help=f"the option {name.replace('-', '_')}")
    return made


def _options(said: argparse.Namespace, namespace: Mapping[str, Any]) -> dict[str, Any]:
    given = {n: v for n, v in vars(said).items() if v is not None}
    for name in ("name", "inputs", "outputs"):
        given.pop(name)
    if "env" in given:
        given["env"] = dict(_pair(text) for text in given["env"])
    if "after" in given:
        given["after"] = [_job(name, namespace) for name in given["after"]]
    return given


def _job(name: str, namespace: Mapping[str, Any]) -> Handle | str:
    """Return the job or batch that a variable holds; what is none is an id."""
    known = namespace.get(name)
    return known if isinstance(known, Handle) else name


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidRequest(
            f"--env takes NAME=VALUE, not {text!r}.", field="options.env", value=text
        )
    return name, value


def _names(words: Iterable[str]) -> list[str]:
    """Return the names in ``a,b c``. Raises `InvalidRequest` for what can't name a variable."""
    names = [name for word in words for name in word.split(",") if name]
    for name in names:
        if not name.isidentifier():
            raise InvalidRequest(f"{name!r} can't name a variable.", field="line", value=name)
    return names


def _values(namespace: Mapping[str, Any], inputs: list[str]) -> dict[str, Any]:
    for name in inputs:
        if name not in namespace:
            raise InvalidRequest(
                f"The input {name!r} is not a variable of this notebook.",
                field="inputs",
                value=name,
            )
    return {name: namespace[name] for name in inputs}


def _check_names(
    source: str, inputs: set[str], outputs: list[str], namespace: Mapping[str, Any]
) -> None:
    """Raise `InvalidRequest` for names that would be missing in the job, before it runs."""
    used, bound, open_ended = names_of(source)
    if open_ended:
        return
    early = used_too_early(source)
    absent = sorted(((used - bound) | early) - inputs - (_GIVEN - OF_IPYTHON))
    if absent:
        raise InvalidRequest(
            f"The cell uses {', '.join(absent)}, which the job would not have.",
            field="inputs",
            value=absent,
            hint=_advice(absent, namespace),
        )
    never = [name for name in outputs if name not in bound | inputs]
    if never:
        raise InvalidRequest(
            f"The cell never sets the output {', '.join(never)}.", field="outputs", value=never
        )


def _advice(absent: list[str], namespace: Mapping[str, Any]) -> str:
    if "get_ipython" in absent:
        return "Magics and ! do not work in a job; use subprocess, or submit a command."
    if "display" in absent:
        return "A job has no cell to display in: print it, or keep it with --outputs."
    here = [name for name in absent if name in namespace]
    return f"Pass them: --inputs {' '.join(here)}" if here else "They are not defined here either."
