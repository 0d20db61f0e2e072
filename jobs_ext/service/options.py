"""Options of a submit: what each may be, and what a job of them takes."""

from __future__ import annotations

from collections import Counter
from math import inf
from pathlib import PurePath
from unicodedata import category

from msgspec import Struct

from ..model.errors import InvalidRequest
from ..model.quantities import parse_bytes, parse_duration, show_bytes
from ..model.request import Options
from ..model.scheduling import DEFAULT_QUEUE, Scheduling
from ..model.tool import Tool, ToolResources
from .archiving import names_each
from .environment import check_environment
from .executors import EXECUTORS, LOCAL, executor_of
from .hints import did_you_mean
from .patterns import check_pattern
from .slots import Slots

_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 10_000
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")  # Unicode categories: control, surrogate, line breaks
_MOST_RETRIES = 1000
_LARGEST_PRIORITY = 1_000_000
_MOST_RUNNING = 1_000_000
_LONGEST_GRACE = 3600.0  # seconds
_MOST_GPUS = 2**31
_LEAST_CPU = 0.01  # cores; less would let any number of jobs run at once


class Resources(Struct, frozen=True):
    """What one job takes."""

    cpu: float
    memory: int | None  # bytes
    gpu: int
    timeout: float | None  # seconds
    queue: str
    tool_max: int | None  # jobs of its tool that run at once
    executor: str = LOCAL


def check_options(options: Options, tool: Tool | None) -> None:
    """Raise `InvalidRequest` naming the first option that can't be."""
    _check_choices(options)
    _check_numbers(options)
    _check_names(options)
    _check_limits(options)
    _check_folder(options, tool)
    check_environment(options.env, "options.env")
    for index, pattern in enumerate(options.outputs):
        check_pattern(pattern, f"options.outputs[{index}]")


def check_use(options: Options, kind: str) -> None:
    """Raise `InvalidRequest` for an option that means nothing to a target of this kind."""
    if options.kernel is not None and kind != "notebook":
        raise InvalidRequest(
            f"kernel is for notebooks; this is a {kind}.",
            field="options.kernel",
            value=options.kernel,
            hint="Leave it out.",
        )
    if options.workers == "shared" and kind != "function":
        raise InvalidRequest(
            f"workers are shared by functions; this is a {kind}.",
            field="options.workers",
            value=options.workers,
            hint="Leave it out.",
        )
    if options.python is not None and kind == "command":
        raise InvalidRequest(
            "A command names its program itself.",
            field="options.python",
            value=options.python,
            hint="Leave python out, and write the interpreter into the command.",
        )


def check_single(options: Options) -> None:
    """Raise `InvalidRequest` for options that only a batch has."""
    if options.workers == "shared":
        raise InvalidRequest(
            "workers are shared by the jobs of a batch; this is one job.",
            field="options.workers",
            value=options.workers,
            hint="Submit a batch of them, or leave it out.",
        )
    if options.max_running is not None:
        raise InvalidRequest(
            "max_running limits the jobs of a batch; this is one job.",
            field="options.max_running",
            value=options.max_running,
        )


def check_sweep(options: Options, tool: Tool | None, n_jobs: int) -> None:
    """Raise `InvalidRequest` for files of which those of one job would be in another's way."""
    shared = tool is None and options.cwd != "private"
    if options.outputs and shared and n_jobs > 1:
        raise InvalidRequest(
            "The jobs of this batch run in one folder and would overwrite each other's outputs.",
            field="options.outputs",
            value=options.outputs,
            hint='Write to $JOBS_OUTPUT_DIR instead, or set cwd="private".',
        )
    if options.archive is not None and n_jobs > 1 and not names_each(options.archive):
        raise InvalidRequest(
            "The jobs of this batch would be archived into one folder.",
            field="options.archive",
            value=options.archive,
            hint='Give each its own: "results/{index}", or "results/{id}".',
        )


def resources_of(
    options: Options, tool: Tool | None, slots: Slots, scheduling: Scheduling
) -> Resources:
    """Return what a job takes: by its options, else by its tool; refuse what never fits."""
    declared = tool.resources if tool else ToolResources()
    cpu = declared.cpu if options.cpu is None else options.cpu
    memory = declared.memory if options.memory is None else options.memory
    timeout = declared.timeout if options.timeout is None else options.timeout
    found = Resources(
        gpu=declared.gpu if options.gpu is None else options.gpu,
        queue=_queue(options.queue, declared.queue, scheduling),
        tool_max=declared.max_running,
        executor=executor_of(options, tool),
        cpu=float(cpu),
        memory=None if memory is None else _size(memory, "memory"),
        timeout=None if timeout is None else _duration(timeout, "timeout"),
    )
    _check_least(found)
    if found.executor == LOCAL:
        _check_capacity(found, slots)
    return found


def _queue(chosen: str | None, declared: str | None, scheduling: Scheduling) -> str:
    queue = chosen or declared or DEFAULT_QUEUE
    if queue not in scheduling.queues:
        field, who = ("options.queue", "") if chosen else ("target.tool", ", which its tool names")
        raise InvalidRequest(
            f"There is no queue {queue!r}{who}.",
            field=field,
            value=queue,
            hint=did_you_mean(queue, scheduling.queues),
        )
    return queue


def _check_least(wanted: Resources) -> None:
    if not _LEAST_CPU <= wanted.cpu < inf:
        raise InvalidRequest(
            f"A job needs at least {_LEAST_CPU} of a core.",
            field="options.cpu",
            value=wanted.cpu,
            hint="Give 1.",
        )
    if not 0 <= wanted.gpu < _MOST_GPUS:
        raise InvalidRequest(
            f"A job can't have {wanted.gpu} GPUs.", field="options.gpu", value=wanted.gpu
        )


def _check_capacity(wanted: Resources, slots: Slots) -> None:
    if wanted.cpu > slots.cpu:
        raise InvalidRequest(
            f"The job wants {wanted.cpu:g} cores; jobs can use {slots.cpu:g} here.",
            field="options.cpu",
            value=wanted.cpu,
            hint=f"Give at most {slots.cpu:g}.",
        )
    if wanted.gpu > len(slots.gpus):
        raise InvalidRequest(
            f"The job wants {wanted.gpu} GPU{'s' * (wanted.gpu > 1)}; "
            f"jobs can use {len(slots.gpus) or 'none'} here.",
            field="options.gpu",
            value=wanted.gpu,
            hint=f"Give at most {len(slots.gpus)}." if slots.gpus else "Leave it out.",
        )
    if wanted.memory is not None and wanted.memory > slots.memory:
        raise InvalidRequest(
            f"The job wants {show_bytes(wanted.memory)} of memory; "
            f"jobs can use {show_bytes(slots.memory)} here.",
            field="options.memory",
            value=wanted.memory,
            hint=f"Give at most {show_bytes(slots.memory)}.",
        )


def _size(value: int | str, name: str) -> int:
    try:
        return parse_bytes(value)
    except ValueError as error:
        field = f"options.{name}"
        raise InvalidRequest(f"{field}: {error}.", field=field, value=value) from None


def _duration(value: float | str, name: str) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        field = f"options.{name}"
        raise InvalidRequest(f"{field}: {error}.", field=field, value=value) from None


def _check_limits(options: Options) -> None:
    """Check the limits that the runner reads by itself (see `runner.limits`)."""
    for name in ("max_log_size", "max_output_size"):
        value = getattr(options, name)
        if value is not None:
            _size(value, name)
    if options.grace is not None and _duration(options.grace, "grace") > _LONGEST_GRACE:
        raise InvalidRequest(
            "The grace between SIGTERM and SIGKILL is at most an hour.",
            field="options.grace",
            value=options.grace,
        )


def _check_choices(options: Options) -> None:
    choices: dict[str, tuple[str | None, ...]] = {
        "executor": (None, *EXECUTORS),
        "cache": ("off", "reuse"),
        "on_lost": ("fail", "retry"),
        "workers": ("own", "shared"),
    }
    for name, known in choices.items():
        value = getattr(options, name)
        if value not in known:
            raise InvalidRequest(
                f"{name} can't be {value!r}.",
                field=f"options.{name}",
                value=value,
                hint=did_you_mean(value, filter(None, known)),
            )


_LIMITS = {
    "retries": (0, _MOST_RETRIES),
    "priority": (-_LARGEST_PRIORITY, _LARGEST_PRIORITY),
    "max_running": (1, _MOST_RUNNING),
}


def _check_numbers(options: Options) -> None:
    for name in _LIMITS:
        value = getattr(options, name)
        if value is not None:
            check_number(name, value, f"options.{name}")


def check_number(name: str, value: int, field: str) -> None:
    """Raise `InvalidRequest` for an option that is a number, but too small or too large."""
    least, most = _LIMITS[name]
    if not least <= value <= most:
        raise InvalidRequest(
            f"{name} can't be {value}.",
            field=field,
            value=value,
            hint=f"Give a number from {least} to {most}.",
        )


def _check_names(options: Options) -> None:
    check_description(options.description, "options.description")
    for name in ("name", "key", "project"):
        value = getattr(options, name)
        if value is not None:
            check_name(value, f"options.{name}")


def check_description(text: str, field: str) -> None:
    """Raise `InvalidRequest` for a description that is too long, or no text that can be kept."""
    if len(text) > _LONGEST_DESCRIPTION or any(c == "\0" or category(c) == "Cs" for c in text):
        raise InvalidRequest(
            f"A description has at most {_LONGEST_DESCRIPTION:,} characters, of Unicode.",
            field=field,
            value=text,
        )


def check_name(text: str, field: str) -> None:
    """Raise `InvalidRequest` for a name that is empty, too long, or not one line."""
    if not (0 < len(text) <= _LONGEST_NAME and all(category(c) not in _UNSEEN for c in text)):
        raise InvalidRequest(
            f"{field.rpartition('.')[2]} must be one line of 1 to {_LONGEST_NAME} characters.",
            field=field,
            value=text,
        )


def _check_folder(options: Options, tool: Tool | None) -> None:
    if options.cwd not in ("here", "private") and not PurePath(options.cwd).is_absolute():
        raise InvalidRequest(
            f"cwd can't be {options.cwd!r}.",
            field="options.cwd",
            value=options.cwd,
            hint='Give "here", "private" or an absolute path.',
        )
    if tool is not None and PurePath(options.cwd).is_absolute():
        raise InvalidRequest(
            "A tool always runs in a private folder.", field="options.cwd", value=options.cwd
        )
    if options.inputs and tool is None and options.cwd != "private":
        raise InvalidRequest(
            "inputs are copied into a private folder, and this job runs in yours.",
            field="options.inputs",
            value=options.inputs,
            hint='Set cwd="private", or leave inputs out: the job sees your files as they are.',
        )
    _check_clashes(options.inputs)


def _check_clashes(inputs: list[str]) -> None:
    names = Counter(PurePath(path).name for path in inputs)
    for name, number in names.items():
        if number > 1:
            raise InvalidRequest(
                f"Two inputs are called {name}.", field="options.inputs", value=inputs
            )
