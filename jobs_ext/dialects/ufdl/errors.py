"""Errors in UFDL's shape."""

from __future__ import annotations

from ..table import Problem, Reply

_LISTED = (  # fields of which complaints come as a list under the field's name
    *("username", "password", "refresh", "token", "description", "non_field_errors"),
    *("ip", "index", "cpu_mem", "gpu_mem", "driver_version", "hardware_generation"),
)


def refused(problem: Problem, status: int) -> Reply:
    """Return the answer that says what is wrong; a conflict is 406 there."""
    told = f"{problem.message} {problem.hint}".strip()
    if status == 400 and problem.field in _LISTED:
        return Reply({problem.field: [told]}, status)
    if status == 401 and problem.field == "token":
        return Reply({"detail": told, "code": "token_not_valid"}, status)
    return Reply({"detail": told}, 406 if status == 409 else status)
