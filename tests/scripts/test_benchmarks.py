"""Benchmarks are run by hand, so that what they ask for may be gone without anybody's noticing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_what_is_asked_of_a_million_jobs_can_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import filled
    import million

    service = filled.open_service(tmp_path)
    try:
        filled.fill(service, 20)
        for ask in million.questions(service).values():
            ask()
        assert service.jobs.counts(million.WHO)["FAILED"] == 1
    finally:
        service.close()
        for name in ("filled", "million", "rows"):
            sys.modules.pop(name, None)
