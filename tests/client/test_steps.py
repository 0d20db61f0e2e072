"""The example of a tool with steps, as it is used from a notebook."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import jobs_ext as jx
from jobs_ext.client.static import html

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(autouse=True)
def _residues(server):
    shutil.copytree(NOTEBOOKS / "tools", server.work / "tools", dirs_exist_ok=True)
    shutil.copy(NOTEBOOKS / "data" / "insulin.fasta", server.work)


def test_a_job_tells_of_its_steps(client):
    job = jx.submit("residues", fasta="insulin.fasta")
    assert job.df().set_index("residue")["number"]["L"] == 20
    assert [(step.name, step.status, step.exit_code) for step in job.steps] == [
        ("letters", "SUCCEEDED", 0),
        ("count", "SUCCEEDED", 0),
    ]
    assert "<th>step letters</th><td>SUCCEEDED</td>" in html(job.view())
    assert set(job.outputs) == {"letters/one-per-line.letters", "count/residues.csv"}


def test_a_rerun_runs_them_again(client, server):
    job = jx.submit("residues", fasta="insulin.fasta").wait()
    again = job.rerun().wait()
    assert again.id != job.id
    assert again.df().equals(job.df())


def test_an_input_of_another_kind_is_refused(client, server):
    (server.work / "dna.fasta").write_text(">x\n" + "ACGT" * 20)
    with pytest.raises(jx.errors.InvalidRequest, match="nucleic acid") as refused:
        jx.submit("residues", fasta="dna.fasta")
    assert refused.value.field == "arguments.fasta"
