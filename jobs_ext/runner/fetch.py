"""Fetching inputs that are named by a URI: bounded in size, and ended when nobody wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from threading import Event
from typing import IO, Any

import msgspec

from ..model.errors import InvalidRequest
from ..model.quantities import show_bytes
from ..model.reasons import ReasonCode
from ..model.work import Work
from ..service.addresses import Guard, masked
from ..service.uris import WEB, file_name, is_uri
from ..service.web import opened
from ..store.faults import RESERVE, free
from .failure import CannotStart

_STEP = 60.0  # seconds that each step may take
_ALL = 6 * 3600.0  # seconds that one file may take
_BLOCK = 1 << 20  # bytes


class FetchFailed(CannotStart):
    """An input could not be fetched."""

    def __init__(self, uri: str, why: object) -> None:
        told = f"the input {masked(uri)} could not be fetched: {why}"
        super().__init__(told, ReasonCode.FETCH_FAILED)


class Fetcher:
    """Fetches the inputs of attempts; `limit` is the largest size of one, in bytes."""

    def __init__(self, guard: Guard, limit: int | None = None) -> None:
        self._guard = guard
        self._limit = limit

    def fetched(self, work: Work, folder: Path, unwanted: Event) -> Work:
        """Fetch what a job names by URI into `folder`; return it with paths in their places.

        Raises `FetchFailed`, also when it becomes `unwanted`.
        """
        places = {
            uri: folder / str(number) / file_name(uri)
            for number, uri in enumerate(dict.fromkeys(uris_of(work)))
        }
        for uri, place in places.items():
            place.parent.mkdir(parents=True)
            with place.open("wb") as target, self._opened(uri) as source:
                self._copy(uri, source, target, unwanted)
        options = msgspec.structs.replace(
            work.options, inputs=[_placed(one, places) for one in work.options.inputs]
        )
        arguments = work.arguments | {
            name: _placed(work.arguments[name], places)
            for name in _inputs(work)
            if name in work.arguments
        }
        return msgspec.structs.replace(work, options=options, arguments=arguments)

    @contextmanager
    def _opened(self, uri: str) -> Iterator[IO[bytes]]:
        try:
            if uri.partition(":")[0].lower() in WEB:
                with opened(self._guard, uri, timeout=_STEP, within=_ALL) as answer:
                    if answer.status != 200:
                        raise FetchFailed(uri, f"HTTP {answer.status} {answer.reason}".strip())
                    yield answer
            else:
                with _by_fsspec(uri) as file:
                    yield file
        except (OSError, HTTPException, ImportError, ValueError) as error:
            raise FetchFailed(uri, str(error) or type(error).__name__) from error
        except InvalidRequest as error:
            raise FetchFailed(uri, error.message) from error

    def _copy(self, uri: str, source: IO[bytes], target: IO[bytes], unwanted: Event) -> None:
        size, folder = 0, Path(target.name).parent
        read = getattr(source, "read1", source.read)  # what is there, without waiting for more
        while block := read(_BLOCK):
            size += len(block)
            if unwanted.is_set():
                raise FetchFailed(uri, "nobody wants it any more")
            if self._limit is not None and size > self._limit:
                raise FetchFailed(uri, f"it has more than {show_bytes(self._limit)}")
            if free(folder) < RESERVE + len(block):
                raise FetchFailed(uri, "no space is left for it")
            target.write(block)
        expected = getattr(source, "length", None)
        if expected:  # what an HTTP answer still owes
            raise FetchFailed(uri, f"it ended {show_bytes(expected)} too early")


def uris_of(work: Work) -> Iterator[str]:
    """Yield the URIs among a job's inputs."""
    values = [*work.options.inputs, *(work.arguments.get(name) for name in _inputs(work))]
    for value in values:
        some = value if isinstance(value, list) else [value]
        yield from (str(one) for one in some if is_uri(one))


def _inputs(work: Work) -> list[str]:
    return list((work.tool or {}).get("inputs", ()))


def _placed(value: Any, places: dict[str, Path]) -> Any:
    if isinstance(value, list):
        return [_placed(one, places) for one in value]
    return str(places[value]) if isinstance(value, str) and value in places else value


@contextmanager
def _by_fsspec(uri: str) -> Iterator[IO[bytes]]:
    import fsspec  # where somebody allowed its schemes

    with fsspec.open(uri, "rb") as file:
        yield file
