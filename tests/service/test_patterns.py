from __future__ import annotations

import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.service.patterns import check_pattern

GOOD = ["a", "./a", "results/*.csv", "**/*.csv", "**", "a/**/b", "[", "~/x", "*/", "x" * 255]
BAD = ["", ".", "./", "/", "/etc/*", "../x", "a/../../b", "a\0", "**x", "a/b**", "***", "x" * 256]


@pytest.mark.parametrize("pattern", GOOD)
def test_patterns_that_can_be_looked_for(pattern, tmp_path):
    check_pattern(pattern, "f")
    assert list(tmp_path.glob(pattern)) in ([], [tmp_path])


@pytest.mark.parametrize("pattern", [*BAD, "a/" * 5000 + "b"])
def test_patterns_that_can_not(pattern):
    with pytest.raises(InvalidRequest) as caught:
        check_pattern(pattern, "options.outputs[0]")
    assert (caught.value.field, caught.value.value) == ("options.outputs[0]", pattern)
    assert caught.value.hint
