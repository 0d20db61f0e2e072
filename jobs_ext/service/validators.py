"""What is in a file, looked at before a job is accepted that reads it (Analytics Automated).

A tool's input names the validators that all have to agree. Outputs of other jobs are not looked
at: at submit they may not be there yet.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from ..model.errors import InvalidRequest
from ..model.tool import Tool, ToolInput
from .files import open_regular, whole_path
from .references import PART, is_reference
from .uploads import Upload, Uploads

_BLOCK = 1 << 20
_MOST = 64_000_000  # bytes of one file that are looked at
_MOST_SEQUENCES = 10_000_000  # bytes of a file of them: it is held in memory
_RESIDUES = b"ACDEFGHIKLMNPQRSTVWYX-"
_NUCLEOTIDES = b"ACTGUN"
_SHORTEST, _LONGEST = 30, 1500  # residues of a sequence
_MOST_NUCLEOTIDES = 0.95  # from this share on it is taken for a nucleic acid
_ATOM = re.compile(rb"ATOM\s{1,80}\d", re.IGNORECASE)

#: Says what is wrong with a file, nothing when it is good.
Validator = Callable[[BinaryIO], str]


def seq(file: BinaryIO) -> str:
    """Want one protein sequence, FASTA or bare, or an alignment: several of equal length."""
    data = file.read(_MOST_SEQUENCES + 1)
    if len(data) > _MOST_SEQUENCES:
        return "is too large for sequences"
    records = _records(data)
    if not records:
        return "holds no sequence"
    if len({len(record) for record in records}) > 1:
        return "holds sequences that are not of equal length: it is no alignment"
    return next(filter(None, map(_wrong_with, records)), "")


def _records(data: bytes) -> list[bytes]:
    """Return the sequences of a FASTA file without their headers and white space."""
    before, *records = re.split(rb"^[ \t]*>[^\r\n]*", data.strip(), flags=re.MULTILINE)
    found = records if records and not before.strip() else [before, *records]
    return [b"".join(record.split()).upper() for record in found] if data.strip() else []


def _wrong_with(record: bytes) -> str:
    if not _SHORTEST <= len(record) <= _LONGEST:
        return f"holds a sequence of {len(record)} residues, not {_SHORTEST} to {_LONGEST}"
    if strange := record.translate(None, _RESIDUES):
        return f"holds {strange[:1]!r}, which is no amino acid".replace("b'", "'")
    if sum(map(record.count, _letters(_NUCLEOTIDES))) / len(record) >= _MOST_NUCLEOTIDES:
        return "holds a sequence that looks like a nucleic acid, not a protein"
    return ""


def _letters(alphabet: bytes) -> Iterator[bytes]:
    return (alphabet[i : i + 1] for i in range(len(alphabet)))


def pdb_file(file: BinaryIO) -> str:
    """Want a file of the Protein Data Bank's format: with ATOM records."""
    tail, left = b"", _MOST
    while left > 0 and (block := file.read(_BLOCK)):
        if _ATOM.search(tail + block):
            return ""
        tail, left = block[-100:], left - len(block)
    return "has no ATOM record"


def gif(file: BinaryIO) -> str:
    """Want a GIF picture."""
    return _begins(file, "GIF", b"GIF87a", b"GIF89a")


def png(file: BinaryIO) -> str:
    """Want a PNG picture."""
    return _begins(file, "PNG", b"\x89PNG\r\n\x1a\n")


def jpeg(file: BinaryIO) -> str:
    """Want a JPEG picture."""
    return _begins(file, "JPEG", b"\xff\xd8\xff")


def _begins(file: BinaryIO, kind: str, *marks: bytes) -> str:
    return "" if file.read(8).startswith(marks) else f"is no {kind} picture"


VALIDATORS: Mapping[str, Validator] = {one.__name__: one for one in (seq, pdb_file, gif, png, jpeg)}


class Contents:
    """Looks at what the requests of one submit give a tool to read; at each file once."""

    def __init__(self, tool: Tool | None, base: str, uploads: Uploads) -> None:
        inputs = tool.inputs if tool is not None else {}
        self._inputs = {name: one for name, one in inputs.items() if one.validators}
        self._base = base
        self.uploads = uploads
        self._good: set[tuple[str, str]] = set()

    def check(self, arguments: Mapping[str, Any], prefix: str) -> None:
        """Raise `InvalidRequest` naming the first file that a validator does not accept."""
        for name, declared in self._inputs.items():
            value = arguments.get(name)
            if isinstance(value, list):
                for index, one in enumerate(value):
                    self._check(declared, one, f"{prefix}.{name}[{index}]")
            elif value is not None:
                self._check(declared, value, f"{prefix}.{name}")

    def _check(self, declared: ToolInput, value: Any, field: str) -> None:
        upload = self.uploads.get(value.get(PART, "")) if isinstance(value, dict) else None
        if is_reference(value) and upload is None:
            return
        called = str(whole_path(value, self._base)) if upload is None else str(value[PART])
        for kind in declared.validators:
            if (kind, called) in self._good:
                continue
            if wrong := _look(kind, called, upload, field):
                raise InvalidRequest(
                    f"{_name(called, upload)} {wrong}.",
                    field=field,
                    value=_name(called, upload),
                    hint=VALIDATORS[kind].__doc__ or "",
                )
            self._good.add((kind, called))


def _look(kind: str, path: str, upload: Upload | None, field: str) -> str:
    if upload is not None and isinstance(upload.body, bytes):
        return VALIDATORS[kind](io.BytesIO(upload.body))
    try:
        with open_regular(Path(path) if upload is None else Path(str(upload.body))) as file:
            return VALIDATORS[kind](file)
    except OSError as error:
        told = f"{path} can't be read: {error.strerror}."
        raise InvalidRequest(told, field=field, value=path) from None


def _name(called: str, upload: Upload | None) -> str:
    return called if upload is None else upload.filename or called
