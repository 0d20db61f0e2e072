"""What of a notebook's outputs is the same in every run: all but times, ids and pictures."""

from __future__ import annotations

import re

_CHANGING = (
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"/tmp/ipykernel_\d+/\d+\.py"), "<cell>"),
    (re.compile(r"(?<=<tr><th>took</th><td>)[^<]*"), "<time>"),
    (
        re.compile(r"\n[ ^~]*[\^~][ ^~]*(?=\n)"),
        "",
    ),  # marks below a line of code: by Python's version
)
_LIVE = "application/vnd.jobs-ext.job.v1+json"
_TEXTS = ("text/plain", "text/html")


def lasting(cell):
    """Return what a code cell shows, without what changes from run to run."""
    found = []
    for output in cell.outputs:
        if not _is_progress(output):
            _add(found, _lasting(output))
    return found


def _add(found, shown):
    """Append what is shown; what is printed may come in any number of pieces."""
    piece = isinstance(shown, tuple) and found and isinstance(found[-1], tuple)
    if piece and found[-1][0] == shown[0]:
        found[-1] = (shown[0], found[-1][1] + shown[1])
    else:
        found.append(shown)


def _is_progress(output):
    """Tell whether it is the line of a wait, which is there if that took a while."""
    return output.get("metadata") == {"jobs_ext": "progress"}


def _lasting(output):
    if output.output_type == "stream":
        return output.name, _text(output.text)
    return {kind: _shown(kind, shown) for kind, shown in output.data.items()}


def _shown(kind, shown):
    if kind in _TEXTS:
        return _text(shown)
    view = shown["view"] if kind == _LIVE else {}  # of a picture or a widget: that it is there
    return {name: view.get(name) for name in ("kind", "title", "status", "counts", "reason_code")}


def _text(text):
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text
