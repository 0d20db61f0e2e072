"""What ``import jobs_ext`` costs and offers."""

from __future__ import annotations

import subprocess
import sys

import jobs_ext as jx

HEAVY = ("pandas", "tornado", "sqlalchemy", "requests", "msgspec", "cloudpickle", "ipywidgets")


def imported_after(code):
    program = f"{code}\nimport sys; print('\\n'.join(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_the_import_itself_pulls_in_nothing():
    assert not imported_after("import jobs_ext") & {*HEAVY, "jobs_ext.model", "jobs_ext.client"}


def test_the_verbs_pull_in_only_what_they_need():
    found = imported_after("import jobs_ext; jobs_ext.submit; jobs_ext.map; jobs_ext.grid")
    assert {"requests", "msgspec"} <= found
    assert not found & {"pandas", "pyarrow", "tornado", "sqlalchemy", "cloudpickle", "ipywidgets"}
    ours = {name.split(".")[1] for name in found if name.startswith("jobs_ext.")}
    assert ours == {"client", "model"}


def test_every_public_name_is_there():
    assert jx.__all__ == sorted(jx.__all__)
    for name in jx.__all__:
        assert getattr(jx, name) is not None
    assert dir(jx) == jx.__all__


def test_a_name_that_there_is_not_is_an_attribute_error():
    assert not hasattr(jx, "sumbit")
