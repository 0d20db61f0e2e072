from __future__ import annotations

import pytest

from jobs_ext.model.errors import Forbidden
from jobs_ext.service import Principal


def test_a_missing_verb_is_named():
    with pytest.raises(Forbidden, match="eve may not run here") as caught:
        Principal("eve", frozenset({"read"})).require("run")
    assert "'run'" in caught.value.hint


@pytest.mark.parametrize(
    ("who", "way"),
    [
        (Principal("eve", frozenset({"run"}), by="kernel", deputy=True), "jx.connect(url)"),
        (Principal("eve", frozenset({"run"}), by="kernel"), "JobsExtension.admins"),
        (Principal("eve", frozenset({"run"})), "JobsExtension.admins"),
        (Principal("eve", frozenset({"run"}), by="key", deputy=True), "a key that has the verb"),
    ],
)
def test_who_may_not_manage_is_told_what_to_do(who, way):
    with pytest.raises(Forbidden) as caught:
        who.require("manage")
    assert way in caught.value.hint


def test_one_of_several_verbs_is_enough():
    Principal("eve", frozenset({"submit"})).require("run", "submit")


def test_only_a_manager_sees_the_things_of_others():
    assert Principal.all("ada").scope is None
    assert Principal("eve", frozenset({"read"})).scope == "eve"
