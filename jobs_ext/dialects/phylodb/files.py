"""The files that phyloDB reads and writes: FASTA of alleles, tables of profiles and of isolates.

Reading gives what the lines say, and the numbers (from 1) of those that can't be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from ...model.errors import InvalidRequest
from ..table import Call, Reply
from .wire import is_id

MOST = 500_000  # bytes of a file
_MISSING = re.compile(r"[\s-]*")
_SEQUENCE = re.compile(r"[ACGT ]*")
_LINE = 80  # bases

T = TypeVar("T")
Read = tuple[dict[str, T], list[int]]  # by id, the last one of each; invalid lines


def uploaded(call: Call) -> list[str]:
    """Return the lines of the file that came as the part `file`; raises `InvalidRequest`."""
    given = call.form[1].get("file")
    if not given:
        raise InvalidRequest("The file is missing.", field="file", hint="Send it as part `file`.")
    body = given[0].body
    assert isinstance(body, bytes)
    if len(body) > MOST:
        message = f"A file may have {MOST:,} bytes."
        raise InvalidRequest(message, field="file", value=len(body), hint="Send it in parts.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest("The file is not UTF-8.", field="file") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def text(lines: Iterable[str]) -> Reply:
    """Return the answer that is a file."""
    return Reply("\n".join(lines).encode(), media_type="text/plain;charset=UTF-8")


def is_missing(allele: str | None) -> bool:
    """Tell whether something stands for a missing value."""
    return allele is None or _MISSING.fullmatch(allele) is not None


def read_fasta(lines: Sequence[str]) -> Read[str]:
    """Return the sequences of alleles: the id is what follows the last ``_`` of its first line."""
    found: dict[str, str] = {}
    invalid: list[int] = []
    current: str | None = None
    for number, line in enumerate(lines, start=1):
        if line.startswith(">"):
            current = line.rpartition("_")[2] if "_" in line else ""
            current = current if is_id(current) else None
            if current is None:
                invalid.append(number)
            else:
                found[current] = ""
        elif current is not None and _SEQUENCE.fullmatch(line):
            found[current] += line
        else:
            invalid.append(number)
            found.pop(current or "", None)
            current = None
    return {one: sequence for one, sequence in found.items() if sequence}, invalid


def write_fasta(locus: str, alleles: Iterable[tuple[str, str | None]]) -> Reply:
    """Return alleles, each with its sequence, as FASTA."""
    lines = []
    for allele, sequence in alleles:
        lines.append(f">{locus}_{allele}")
        lines += [(sequence or "")[at : at + _LINE] for at in range(0, len(sequence or ""), _LINE)]
    return text(lines)


def read_profiles(lines: Sequence[str], method: str, width: int) -> Read[list[str]]:
    """Return the alleles of profiles; a line with a cell ``ST`` is the header, and invalid."""
    found: dict[str, list[str]] = {}
    invalid = []
    for number, line in enumerate(lines, start=1):
        profile, _, rest = line.partition("\t")
        cells = list(rest) if method == "snp" else rest.split("\t")
        header = method != "snp" and "ST" in (profile, *cells)
        if header or len(cells) != width or not is_id(profile):
            invalid.append(number)
        else:
            found[profile] = cells
    return found, invalid


def write_profiles(
    method: str, loci: Sequence[str], profiles: Iterable[tuple[str, Sequence[str | None]]]
) -> Reply:
    """Return profiles as a table; a missing allele is a blank."""
    between = "" if method == "snp" else "\t"
    lines = [] if method == "snp" else ["\t".join(["ST", *loci])]
    lines += [
        f"{profile}\t{between.join(' ' if one is None else one for one in alleles)}"
        for profile, alleles in profiles
    ]
    return text(lines)


def read_isolates(lines: Sequence[str], column: int) -> Read[dict[str, str]]:
    """Return what is told of isolates, by the header's names; their ids are in a column.

    Their profiles are in the first column that begins with ST: told as ``ST``. What is missing is
    left out.
    """
    names = lines[0].split("\t") if lines else []
    if column >= len(names):
        return {}, []
    profile = next((at for at, name in enumerate(names) if name.startswith("ST")), None)
    if profile is not None:
        names[profile] = "ST"
    found: dict[str, dict[str, str]] = {}
    invalid = []
    for number, line in enumerate(lines[1:], start=1):
        cells = line.split("\t")
        if len(cells) != len(names) or not is_id(cells[column]):
            invalid.append(number)
            continue
        found[cells[column]] = {
            name: cell
            for at, (name, cell) in enumerate(zip(names, cells, strict=True))
            if (at != column or at == profile) and not is_missing(cell)
        }
    return found, invalid


def write_isolates(isolates: Sequence[tuple[str, dict[str, str]]]) -> Reply:
    """Return isolates as a table: id, what is told of them, and last their profile."""
    names = dict.fromkeys(name for _, told in isolates for name in told if name != "ST")
    last = ["ST"] if any("ST" in told for _, told in isolates) else []
    columns = [*names, *last]
    lines = ["\t".join(["id", *columns])]
    lines += ["\t".join([one, *(told.get(name, "") for name in columns)]) for one, told in isolates]
    return text(lines)
