"""Names of environment variables: which may be given, and which change how programs load."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..model.errors import InvalidRequest

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOADING = re.compile(r"PATH|ENV|BASH_ENV|(LD|DYLD|JOBS)_.*|PYTHON.*", re.IGNORECASE)


def check_environment(variables: Mapping[str, str], field: str) -> None:
    """Raise `InvalidRequest` for a variable that can't be set, or that is ours to set."""
    for name, value in variables.items():
        place = f"{field}.{name}"
        if not _NAME.fullmatch(name):
            raise InvalidRequest(f"{name!r} can't name a variable.", field=place, value=name)
        if name.startswith("JOBS_"):
            raise InvalidRequest(
                f"{name} is set by jobs_ext itself.", field=place, value=name, hint="Rename it."
            )
        if "\0" in value:
            raise InvalidRequest(f"{name} holds a zero byte.", field=place, value=value)


def check_parameter_name(name: str, field: str) -> None:
    """Raise `InvalidRequest` unless a parameter of this name may become a variable."""
    if not _NAME.fullmatch(name) or _LOADING.fullmatch(name):
        raise InvalidRequest(
            f"A parameter named {name!r} can't be passed by environment.",
            field=field,
            value=name,
            hint="PATH, LD_*, DYLD_*, PYTHON*, BASH_ENV, ENV and JOBS_* change how programs run.",
        )
