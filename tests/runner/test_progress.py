"""The progress file, as jobs really write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs_ext.model.job import Progress
from jobs_ext.runner.progress import ProgressFile


def test_the_last_whole_line_counts(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    file = ProgressFile(path)
    assert file.news() is None
    path.write_text('{"fraction": 0.1}\n{"fraction": 0.2, "message": "two"}\n{"frac')
    assert file.news() == Progress(0.2, "two")
    assert file.news() is None
    with path.open("a") as more:
        more.write('tion": 0.3, "data": [1]}\n')
    assert file.news() == Progress(0.3, "", [1])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"fraction": 7}', Progress(1.0)),
        ('{"fraction": -1}', Progress(0.0)),
        ('{"fraction": NaN}', Progress(None)),
        ('{"fraction": true, "message": 3}', Progress(None)),
        ('{"fraction": 1e999}', Progress(None)),
        ("{}", Progress()),
        ("[1]", None),
        ("hello", None),
        ("\xff", None),
        ('{"data": "\\ud800"}', None),
        ("[" * 100_000, None),
    ],
)
def test_nonsense_is_left_out(tmp_path: Path, line: str, said: Progress | None) -> None:
    path = tmp_path / "progress"
    path.write_bytes(line.encode("latin-1") + b"\n")
    assert ProgressFile(path).news() == said
