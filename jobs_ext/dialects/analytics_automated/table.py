"""Analytics Automated's routes. Each is also there with the suffix of a format; all are JSON."""

from __future__ import annotations

from ..table import Dialect, Route, Verb
from . import files, show, submit, tools
from .errors import error
from .records import Settings

NAME = "analytics_automated"
_TOOLS = "jobs_ext:tools"
_OUTPUTS = "jobs_ext:outputs"


def _spelled(method: str, path: str, run: Verb, **more: object) -> tuple[Route, ...]:
    """Return the routes of one that clients spell in several ways: ``/``, ``.json``, ``/.json``."""
    endings = ("", ".json", ".html", "/.json", "/.html")
    return tuple(Route(method, f"{path}{end}", run, **more) for end in endings)  # type: ignore[arg-type]


_FILES = (
    Route("GET", "submissions/input/{uuid}/{name:path}", files.given, resource=_OUTPUTS),
    Route("GET", "submissions/{uuid}/{name:path}", files.result, resource=_OUTPUTS),
)

ANALYTICS_AUTOMATED = Dialect(
    NAME,
    error,
    (
        *_spelled("GET", "endpoints", tools.endpoints, resource=_TOOLS),
        *_spelled("POST", "submission", submit.submit, status=201, body="form"),
        Route("GET", "submission/single/{uuid}", show.single),
        Route("GET", "submission/{uuid}", show.batch),
        *_spelled("GET", "job", tools.listed, resource=_TOOLS),
        Route("GET", "job/{name}", tools.shown, resource=_TOOLS),
        *_spelled("GET", "jobtimes", tools.times),
        *_FILES,
    ),
    guests=True,
    home=NAME,
    beside=_FILES,
    options=Settings(),
)
