from __future__ import annotations

import pytest

from jobs_ext.model.media import TABULAR, guess


@pytest.mark.parametrize("name", ["a.csv", "b/c.TSV", "d.parquet", "e.feather", "f.jsonl"])
def test_tables_are_known_by_suffix(name):
    assert guess(name) in TABULAR


@pytest.mark.parametrize("name", ["kept.fasta", "b.FA", "tree.nwk", "calls.vcf"])
def test_texts_of_the_life_sciences_can_be_shown(name):
    assert guess(name) == "text/plain"


def test_what_is_not_known_is_bytes():
    assert guess("a.weird") == "application/octet-stream"
    assert guess("") == "application/octet-stream"
