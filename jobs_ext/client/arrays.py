"""NumPy's files to pandas frames: an array of one or two dimensions, or arrays side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .frames import as_frame, imported

_ARRAY, _ARRAYS = b"\x93NUMPY", b"PK\x03\x04"  # how a .npy and a .npz file begin


def read_arrays(path: str, array: str | None = None) -> Any:
    """Return what a ``.npy`` or ``.npz`` file holds as a frame, see `frames.as_frame`.

    Of several arrays the one named `array`, or else each is a column. Raises ValueError for arrays
    that are no table, and for pickled objects: loading those would run code.
    """
    with Path(path).open("rb") as file:
        begins = file.read(6)
        if not begins.startswith((_ARRAY, _ARRAYS)):
            raise ValueError("it is not in NumPy's format")
        file.seek(0)
        held = imported("numpy").load(file, allow_pickle=False)
        if begins == _ARRAY:
            return _framed(held)
        return _side_by_side({key: held[key] for key in held.files}, array)


def _side_by_side(arrays: dict[str, Any], name: str | None) -> Any:
    """Return one array as a frame, or all of them as its columns if they are alike."""
    names = ", ".join(arrays) or "none"
    if name is not None and name not in arrays:
        raise ValueError(f"it has no array {name!r}; there are: {names}")
    if name is not None or len(arrays) == 1:
        return _framed(arrays[name or next(iter(arrays))])
    if any(one.ndim != 1 for one in arrays.values()) or len({*map(len, arrays.values())}) != 1:
        raise ValueError(f"its arrays are no columns of one length; name one, array=…: {names}")
    return imported("pandas").DataFrame(arrays)


def _framed(array: Any) -> Any:
    frame = as_frame(array)
    if frame is None:
        raise ValueError(f"an array of shape {array.shape} is no table; its file is .path")
    return frame
