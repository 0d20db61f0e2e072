"""What all routes of this dialect share: problems, pages, ids, versions."""

from __future__ import annotations

from ...model.errors import InvalidRequest, JobsError, Unauthenticated
from ..table import Call, Problem, Reply

PAGE = 500  # things on a page
_LONGEST_ID = 200  # characters
NUMBER = 2**31  # what numbers of pages, versions and columns are smaller than
_NAMES = {
    400: "bad_request",
    401: "unauthorized",
    404: "not_found",
    405: "not_allowed",
    406: "not_acceptable",
}
#: phyloDB says 401 of whatever somebody may not do, or can't do as things stand; 400 of too much.
_STATUS = {403: 401, 409: 401, 413: 400}


class Refused(JobsError):
    """What phyloDB answers with 401 though the credentials are good."""

    http_status = 401
    type = "unauthorized"


def error(problem: Problem, status: int) -> Reply:
    """Return a problem in phyloDB's shape, with our sentence beside it."""
    status = _STATUS.get(status, status)
    name = _NAMES.get(status, "server" if status >= 500 else "bad_request")
    name = "invalid_token" if problem.type == Unauthenticated.type else name
    told = {"message": f"/problems/{name}", "detail": f"{problem.message} {problem.hint}".strip()}
    if problem.field:
        told["field"] = problem.field
    return Reply(told, status, "application/problem+json")


def number(call: Call, name: str, otherwise: int = 0) -> int:
    """Return a number of the query that is not negative; raises `InvalidRequest`."""
    text = call.first(name)
    if not text:
        return otherwise
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else NUMBER
    if value >= NUMBER:
        raise InvalidRequest(f"{name} is a number from 0 on.", field=name, value=text)
    return value


def flag(call: Call, name: str) -> bool:
    """Return a boolean of the query; raises `InvalidRequest`."""
    text = call.first(name, "false").lower()
    if text not in ("true", "false"):
        raise InvalidRequest(f"{name} is true or false.", field=name, value=text)
    return text == "true"


def is_id(text: str) -> bool:
    """Tell whether something can be called so: one line, and what a table can hold."""
    return 0 < len(text) <= _LONGEST_ID and text.isprintable()


def one_line(text: str | None, field: str) -> None:
    """Raise `InvalidRequest` for a text that would not stay one cell, or line, of a file."""
    if text is not None and not text.isprintable():
        raise InvalidRequest(f"{field} is one line, without tabs.", field=field, value=text)


def same_id(given: str | None, path: str) -> str:
    """Return the id that both the body and the path name; `InvalidRequest` if they do not."""
    if given != path or not is_id(path):
        message = (
            f"The body and the path must name the same id, of at most {_LONGEST_ID} characters."
        )
        raise InvalidRequest(message, field="id", value=given)
    return path


def refused(message: str, field: str, value: object = None, hint: str = "") -> Refused:
    """Return what is raised where phyloDB says 401."""
    return Refused(message, field=field, value=value, hint=hint)
