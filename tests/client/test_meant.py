from __future__ import annotations

import pytest

from jobs_ext.client.meant import words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ls -l data", ["ls", "-l", "data"]),
        ("grep 'two words' data.txt", ["grep", "two words", "data.txt"]),
        ("sort data | uniq", ["sh", "-c", "sort data | uniq"]),
        ("echo 'no end", ["sh", "-c", "echo 'no end"]),
    ],
)
def test_a_command_in_one_text_has_words(text, words):
    assert words_of(text) == words
