"""How a handle shows itself: one MIME bundle, updated in place when its job has ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from jobs_ext.model.view import MIME, mime_bundle_data

from . import origin, static
from .errors import JobsError

if TYPE_CHECKING:
    from .handle import Handle


def bundle(handle: Handle) -> dict[str, Any]:
    """Return the MIME bundle: the live card's data, plain HTML and plain text.

    Never raises: a handle whose server is away shows its id.
    """
    try:
        view = handle.view()
        server = handle.client.connection.info.server
    except JobsError as error:
        return {"text/plain": f"<{handle.kind} {handle.id}> ({error})"}
    return {
        MIME: mime_bundle_data(view, server),
        "text/html": static.html(view),
        "text/plain": static.text(view),
    }


def show(handle: Handle) -> None:
    """Draw a handle into the output of the cell that runs."""
    from IPython.display import display

    data = bundle(handle)
    handle.shown = not _is_final(data)
    display(data, raw=True, display_id=_display_id(handle))  # type: ignore[no-untyped-call]


def update(handle: Handle) -> None:
    """Put the present snapshot into the output that shows it, if one does and is not final."""
    if not handle.shown:
        return
    from IPython.display import update_display

    data = bundle(handle)
    handle.shown = not _is_final(data)
    update_display(  # type: ignore[no-untyped-call]
        data, display_id=_display_id(handle), raw=True
    )


def say(text: str) -> None:
    """Tell who works here something that they did not ask; results are printed elsewhere.

    In a notebook, where what is on stderr looks like an error, it stands with what is printed.
    """
    out = sys.stdout if hasattr(origin.shell(), "kernel") else sys.stderr
    out.write(f"{text}\n")


def _is_final(data: dict[str, Any]) -> bool:
    return MIME in data and bool(data[MIME]["view"]["final"])


def _display_id(handle: Handle) -> str:
    return f"jobs-ext-{handle.id}"
