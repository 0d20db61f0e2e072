"""Names of environment variables: which may be given, and which change how programs load."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..model.errors import InvalidRequest

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_TEXT = 2**17 - 1  # bytes of one argument or variable that Linux gives to a program
_MOST_TEXT = 2**20  # bytes of all variables together: half of what Linux gives to a program
_LOADING = re.compile(r"PATH|ENV|BASH_ENV|(LD|DYLD|JOBS)_.*|PYTHON.*", re.IGNORECASE)
#: The same for single programs. A tool may declare one as its parameter: it knows its program.
_STEERING = re.compile(
    r"HOME|IFS|PS4|SHELLOPTS|BASHOPTS|XDG_.*|IPYTHONDIR|JUPYTER_.*|PERL.*|RUBY.*|NODE_.*|CLASSPATH"
    r"|_?JAVA_.*|JDK_JAVA_OPTIONS|R_(HOME|LIBS|PROFILE|ENVIRON).*|GIT_.*|TAR_OPTIONS|GCONV_PATH"
    r"|OPENSSL_.*",
    re.IGNORECASE,
)


def check_text(value: str, field: str) -> None:
    """Raise `InvalidRequest` for text that can't be an argument or variable of a program."""
    if "\0" in value:
        raise InvalidRequest(f"{field} holds a zero byte.", field=field, value=value)
    if len(value) > _LONGEST_TEXT or len(value.encode("utf-8", "replace")) > _LONGEST_TEXT:
        raise InvalidRequest(
            f"{field} is longer than the {_LONGEST_TEXT:,} bytes that a program can be given.",
            field=field,
            value=value,
            hint="Put it into a file.",
        )


def check_environment(variables: Mapping[str, str], field: str) -> None:
    """Raise `InvalidRequest` for a variable that a submitter can't set, or that is ours to set."""
    check_captured(variables, field)
    for name in variables:
        if not _NAME.fullmatch(name):
            raise InvalidRequest(
                f"{name!r} can't name a variable.", field=f"{field}.{name}", value=name
            )
        if name.startswith("JOBS_"):
            raise InvalidRequest(
                f"{name} is set by jobs_ext itself.",
                field=f"{field}.{name}",
                value=name,
                hint="Rename it.",
            )


def check_captured(variables: Mapping[str, str], field: str) -> None:
    """Raise `InvalidRequest` for variables that no program can have: names may be unusual."""
    for name, value in variables.items():
        place = f"{field}.{name}"
        if not name or "=" in name or "\0" in name:
            raise InvalidRequest(f"{name!r} can't name a variable.", field=place, value=name)
        check_text(value, place)
    total = sum(len(name) + len(value) for name, value in variables.items())
    if total > _MOST_TEXT:
        raise InvalidRequest(
            f"{field} is more than a program can be given.",
            field=field,
            value=total,
            hint=f"All variables together may have {_MOST_TEXT:,} characters.",
        )


def check_parameter_name(name: str, field: str, *, declared: bool) -> None:
    """Raise `InvalidRequest` unless a parameter of this name may become a variable.

    Of those that a tool did not declare, none may change what single programs load either.
    """
    loads = _LOADING.fullmatch(name) or (not declared and _STEERING.fullmatch(name))
    if loads or not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"A parameter named {name!r} can't be passed by environment.",
            field=field,
            value=name,
            hint="PATH, LD_*, DYLD_*, PYTHON*, BASH_ENV, ENV and JOBS_* change how programs run; "
            "so do HOME, PERL*, NODE_*, JAVA_* and the like, which a tool must declare.",
        )
