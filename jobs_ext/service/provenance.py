"""Where a job came from, out of what was kept at its submit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..model.provenance import InputFile, Provenance
from ..model.tool import Tool
from ..store.contents import Spec
from .fingerprints import files_of
from .references import PartReference, references


def provenance_of(spec: Spec, arguments: dict[str, Any]) -> Provenance:
    """Return where a job with this spec and these arguments came from.

    The packages are told only of the interpreter that told them: the submitter's own.
    """
    origin, context = spec.context.origin, spec.context
    return Provenance(
        notebook=origin.notebook,
        cell=origin.cell,
        commit=origin.commit,
        dirty=origin.dirty,
        python=context.python,
        version=context.version,
        packages=context.packages or None,
        inputs=list(_inputs(spec, arguments)),
    )


def _inputs(spec: Spec, arguments: dict[str, Any]) -> Iterator[InputFile]:
    tool = None if spec.tool is None else msgspec.convert(spec.tool, Tool)
    paths = [*spec.options.inputs, *files_of(tool, arguments, spec.base)]
    for path in dict.fromkeys(paths):
        known = spec.inputs.get(path)
        if known is not None:
            yield InputFile(path, known.sha256, known.size)
    if isinstance(spec.target.function, str):
        yield InputFile("function", spec.parts.get(spec.target.function))
    for reference in references(arguments, "arguments"):
        if isinstance(reference, PartReference):
            name = reference.field.removeprefix("arguments.")
            yield InputFile(name, spec.parts.get(reference.name))
