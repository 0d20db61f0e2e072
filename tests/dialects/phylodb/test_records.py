"""phyloDB: the records that jobs work on."""

from __future__ import annotations

import uuid

from tests.dialects.phylodb.site import make_dataset, submit


def test_missing_alleles_and_files_of_profiles(site, project):
    path = make_dataset(site, project)
    table = (
        "ST\ta\n1\t1\t1\t1\t1\t1\t1\t-\n2\t1\t1\t1\t1\t1\t1\t \n3\t1\t1\n4\t99\t1\t1\t1\t1\t1\t1\n5"
        + "\t-" * 7
    )
    answer = site.file(f"{path}/profiles/files", table).json()
    assert answer == {"invalid_lines": [1, 4], "invalid_entities": ["4", "5"]}
    assert site.get(f"{path}/profiles/1")["alleles"][-1] is None
    again = site.file(f"{path}/profiles/files", table.replace("2\t1", "2\t2")).json()
    assert again["invalid_entities"] == ["1", "2", "4", "5"]
    site.file(f"{path}/profiles/files", table.replace("2\t1", "2\t2"), "PUT")
    assert site.get(f"{path}/profiles") == [{"id": "1", "version": 2}, {"id": "2", "version": 2}]
    assert site.get(f"{path}/profiles/2", version=1)["alleles"][0] == {"id": "1", "version": 1}
    text = site("GET", f"{path}/profiles/files", 200)
    assert text.headers["Content-Type"].startswith("text/plain")
    assert text.text.splitlines()[1:] == ["1\t1\t1\t1\t1\t1\t1\t ", "2\t2\t1\t1\t1\t1\t1\t "]
    made = submit(site, path, 7)
    assert site.get(f"{path}/inferences/{made['analysis_id']}")["tree"] == "(2:2)1;"


def test_single_profiles(site, dataset):
    good = {"id": "11", "aka": "eleven", "alleles": ["1", "1", "1", "1", "1", "1", "-"]}
    site("PUT", f"{dataset}/profiles/11", 204, json=good)
    assert site.get(f"{dataset}/profiles/11")["aka"] == "eleven"
    for alleles in (["1"], ["99"] + ["1"] * 6, ["-"] * 7, [None] * 7):
        site("PUT", f"{dataset}/profiles/12", 401, json={"id": "12", "alleles": alleles})
    site("PUT", f"{dataset}/profiles/12", 400, json={"id": "13", "alleles": ["1"] * 7})
    site("PUT", f"{dataset}/profiles/12", 400, json={"id": "12"})
    site("DELETE", f"{dataset}/profiles/11", 204)
    site("DELETE", f"{dataset}/profiles/11", 401)
    assert site.get(f"{dataset}/profiles/11")["deprecated"] is True
    site("PUT", f"{dataset}/profiles/11", 204, json=good)
    assert site.get(f"{dataset}/profiles/11")["version"] == 2
    site("GET", f"{dataset}/profiles/12", 404)


def test_alleles_of_ones_own_project(site, project, dataset):
    own = f"taxa/bart/loci/l1/alleles?project={project}"
    files = f"taxa/bart/loci/l1/alleles/files?project={project}"
    assert site.file(files, ">l1_a\nACGT\n>bad\nAC\n>l1_b\nacgt\n>l1_c\nA C\n").json() == {
        "invalid_lines": [3, 4, 6],
        "invalid_entities": [],
    }
    assert site.get(own) == [{"id": one, "version": 1, "project_id": project} for one in ("a", "c")]
    assert site("GET", files, 200).text == ">l1_a\nACGT\n>l1_c\nA C"
    wanted = {"id": "p", "alleles": ["a", "-", "-", "-", "-", "-", "-"]}
    site("PUT", f"{dataset}/profiles/p", 401, json=wanted)
    site("PUT", f"{dataset}/profiles/p?private_alleles=true", 204, json=wanted)
    first = site.get(f"{dataset}/profiles/p")["alleles"][0]
    assert first == {"id": "a", "version": 1, "project_id": project}


def test_taxa_loci_and_schemas(site):
    name = f"t{uuid.uuid4().hex[:6]}"
    site("PUT", f"taxa/{name}/loci/a", 401, json={"id": "a"})
    site("PUT", f"taxa/{name}", 400, json={"id": "other"})
    site("PUT", f"taxa/{name}", 204, json={"id": name, "description": "one"})
    site("PUT", f"taxa/{name}", 204, json={"id": name, "description": "two"})
    assert site.get(f"taxa/{name}") == {
        "id": name, "version": 2, "deprecated": False, "description": "two"
    }  # fmt: skip
    assert site.get(f"taxa/{name}", version=1)["description"] == "one"
    site("GET", f"taxa/{name}?version=3", 404)
    assert {"id": name, "version": 2} in site.get("taxa")
    for locus in ("b", "a", "aa"):
        site("PUT", f"taxa/{name}/loci/{locus}", 204, json={"id": locus})
    assert [one["id"] for one in site.get(f"taxa/{name}/loci")] == ["a", "b", "aa"]
    good = {"taxon_id": name, "id": "s", "type": "snp", "loci": ["a", "b"]}
    site("PUT", f"taxa/{name}/schemas/s", 204, json=good)
    found = site.get(f"taxa/{name}/schemas/s")
    assert [one["id"] for one in found["loci"]] == ["a", "b"]
    for wrong in ({"type": "MLST"}, {"loci": []}, {"taxon_id": "x"}, {"id": "x"}):
        site("PUT", f"taxa/{name}/schemas/s", 400, json=good | wrong)
    site("PUT", f"taxa/{name}/schemas/s", 401, json=good | {"loci": ["a", "z"]})
    site("PUT", f"taxa/{name}/schemas/s2", 401, json=good | {"id": "s2"})
    site("DELETE", f"taxa/{name}/loci/aa", 204)
    site("DELETE", f"taxa/{name}/schemas/s", 204)
    site("DELETE", f"taxa/{name}/alleles", 404)
    assert site.get(f"taxa/{name}/schemas") == []
    site("PUT", f"taxa/{name}/schemas/s2", 204, json=good | {"id": "s2"})
    site("DELETE", f"taxa/{name}", 204)


def test_profiles_of_single_nucleotides(site, project):
    name = f"t{uuid.uuid4().hex[:6]}"
    site("PUT", f"taxa/{name}", 204, json={"id": name})
    for locus in ("p1", "p2", "p3"):
        site("PUT", f"taxa/{name}/loci/{locus}", 204, json={"id": locus})
        for allele in "AC":
            body = {"id": allele, "sequence": allele}
            site("PUT", f"taxa/{name}/loci/{locus}/alleles/{allele}", 204, json=body)
    schema = {"taxon_id": name, "id": "s", "type": "snp", "loci": ["p1", "p2", "p3"]}
    site("PUT", f"taxa/{name}/schemas/s", 204, json=schema)
    body = {"taxon_id": name, "schema_id": "s"}
    made = site("POST", f"projects/{project}/datasets", 201, json=body).json()["id"]
    path = f"projects/{project}/datasets/{made}"
    answer = site.file(f"{path}/profiles/files", "x\tAAC\ny\tACC\nz\tA\nw\tA-C\n").json()
    assert answer == {"invalid_lines": [3], "invalid_entities": []}
    assert site("GET", f"{path}/profiles/files", 200).text == "w\tA C\nx\tAAC\ny\tACC"


def test_a_data_set_keeps_to_the_schema_that_it_was_made_by(site, project):
    loci = ["l1", "l2"]
    schema = {"taxon_id": "bart", "id": "few", "type": "mlst", "loci": loci}
    site("PUT", "taxa/bart/schemas/few", 204, json=schema)
    body = {"taxon_id": "bart", "schema_id": "few"}
    made = site("POST", f"projects/{project}/datasets", 201, json=body).json()["id"]
    dataset = f"projects/{project}/datasets/{made}"
    site.file(f"{dataset}/profiles/files", "1\t1\t1\n2\t1\t2\n")
    site("PUT", "taxa/bart/schemas/few", 204, json=schema | {"loci": ["l3"]})
    site("PUT", dataset, 204, json=body | {"id": made, "description": "new"})
    wrong = site.file(f"{dataset}/profiles/files", "3\t1\n4\t1\t3\n").json()
    assert wrong == {"invalid_lines": [1], "invalid_entities": []}
    assert site("GET", f"{dataset}/profiles/files").text.startswith("ST\tl1\tl2\n")
    site("DELETE", "taxa/bart/schemas/few", 204)
    about = {"taxon_id": "bart", "id": "few", "version": 1, "deprecated": True}
    assert site.get(dataset)["schema"] == about
    submit(site, dataset, 2)
    assert len(site.get(f"{dataset}/inferences")) == 1


def test_what_would_break_the_files_that_it_is_written_to_is_refused(site, dataset):
    isolate = {"id": "x", "ancillaries": [{"key": "a", "value": "b"}]}
    site("PUT", f"{dataset}/isolates/x", 204, json=isolate)
    for broken in ({"key": "a\tb", "value": "b"}, {"key": "a", "value": "b\nc"}):
        wrong = {"id": "x", "ancillaries": [broken]}
        answer = site("PUT", f"{dataset}/isolates/x", 400, json=wrong).json()
        assert answer["field"].startswith("ancillaries[0].")
    assert site("GET", f"{dataset}/isolates/files").text == "id\ta\nx\tb"
    wrong = {"id": "777", "sequence": "AC\n>l1_1\nGT"}
    site("PUT", "taxa/bart/loci/l1/alleles/777", 400, json=wrong)


def test_data_sets(site, project, dataset):
    found = site.get(dataset)
    assert found["schema"] == {
        "taxon_id": "bart", "id": "mlst7", "version": 1, "deprecated": False
    }  # fmt: skip
    body = {"id": found["id"], "taxon_id": "bart", "schema_id": "mlst7", "description": "new"}
    site("PUT", dataset, 204, json=body)
    assert (site.get(dataset)["version"], site.get(dataset)["description"]) == (2, "new")
    site("POST", f"projects/{project}/datasets", 401, json=body | {"schema_id": "none"})
    site("POST", f"projects/{project}/datasets", 400, json={"taxon_id": "bart"})
    site("DELETE", dataset, 204)
    assert site.get(f"projects/{project}/datasets") == []
    submit(site, dataset, 3, status=404)
