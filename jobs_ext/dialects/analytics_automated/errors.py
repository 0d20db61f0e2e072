"""What is said about an error, as Django REST framework and the system itself say it."""

from __future__ import annotations

from ..table import Problem, Reply

_DETAILS = {404: "Not found."}
_DETAILED = (401, 403, 404, 405, 415)


def error(problem: Problem, status: int) -> Reply:
    """Return the answer to a request that can't be carried out."""
    if status in _DETAILED:
        return Reply({"detail": _DETAILS.get(status, problem.message)}, status)
    told = " ".join(filter(None, (problem.message, problem.hint)))
    return Reply({"error": told}, status)


def of_fields(**messages: list[str]) -> Reply:
    """Return the answer to a form in which fields are wrong."""
    return Reply({"error": messages}, 400)
