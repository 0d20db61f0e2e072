"""Media types of outputs, and which of them hold a table."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath

_BY_SUFFIX = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".tab": "text/tab-separated-values",
    ".parquet": "application/vnd.apache.parquet",
    ".feather": "application/vnd.apache.arrow.file",
    ".arrow": "application/vnd.apache.arrow.file",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
    ".ipynb": "application/x-ipynb+json",
    ".pickle": "application/vnd.jobs-ext.pickle",
    ".txt": "text/plain",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
    ".gz": "application/gzip",
    # texts of the life sciences, so that a card can show them
    ".fasta": "text/plain",
    ".fa": "text/plain",
    ".fastq": "text/plain",
    ".nwk": "text/plain",
    ".bed": "text/plain",
    ".gff": "text/plain",
    ".vcf": "text/plain",
}

PICKLE = "application/vnd.jobs-ext.pickle"

#: Those of NumPy's files, which hold arrays: most are as good as a table, and some are none.
NPY, NPZ = "application/x-npy", "application/x-npz"

#: Media types that always hold a table. JSON may, and is tried only when asked for by name.
TABULAR = frozenset(
    {
        "text/csv",
        "text/tab-separated-values",
        "application/vnd.apache.parquet",
        "application/vnd.apache.arrow.file",
        "application/jsonl",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)


def guess(name: str) -> str:
    """Return the media type that the suffix of a file name stands for."""
    return _BY_SUFFIX.get(PurePath(name).suffix.lower(), "application/octet-stream")


def suffixes(kinds: Collection[str]) -> str:
    """Return the suffixes of some media types, in words: ``.csv, .tsv``."""
    return ", ".join(suffix for suffix, kind in _BY_SUFFIX.items() if kind in kinds)
