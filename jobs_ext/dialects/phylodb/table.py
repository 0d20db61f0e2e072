"""phyloDB's routes: the jobs of a project, and the records that they read and make."""

from __future__ import annotations

from functools import wraps

from msgspec import Struct

from ..table import Call, Dialect, Route, Verb
from . import alleles, analyses, datasets, isolates, jobs, projects, taxonomy
from .wire import error, refused

_PROVIDERS = ("google", "phyloviz")
_UPLOAD = 1_000_000  # bytes of a request with a file
_API = "jobs_ext:api"
_OUTPUTS = "jobs_ext:outputs"

_TAXON = "taxa/{taxon}"
_LOCUS = f"{_TAXON}/loci/{{locus}}"
_ALLELES = f"{_LOCUS}/alleles"
_SCHEMA = f"{_TAXON}/schemas/{{schema}}"
_PROJECT = "projects/{project}"
_DATASET = f"{_PROJECT}/datasets/{{dataset}}"
_INFERENCE = f"{_DATASET}/inferences/{{inference}}"
_VISUALIZATION = f"{_INFERENCE}/visualizations/{{visualization}}"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What the server may set for this dialect."""

    provider_required: bool = False  # whether each request must have ?provider=google or phyloviz


def home(_: Call) -> object:
    """Say that the server is here."""
    return {"status": "UP"}


def _asked(run: Verb) -> Verb:
    """Return a route's function that minds the query's `provider` where the server wants one."""

    @wraps(run)
    def checked(call: Call, *parts: str) -> object:
        provider = call.first("provider")
        if call.options.provider_required and provider not in _PROVIDERS:
            raise refused("The provider is missing.", "provider", provider, "Add ?provider=google.")
        return run(call, *parts)

    return checked


def _route(method: str, path: str, run: Verb, resource: str = _API) -> Route:
    """Return a route; what is no job is asked about as a whole, and written by who may write."""
    action = "write" if method != "GET" and run is not jobs.create else ""
    upload = path.endswith("/files") or run is analyses.upload
    limit = _UPLOAD if upload and method != "GET" else Route.limit
    return Route(method, path, _asked(run), resource=resource, action=action, limit=limit)


def _files(path: str, download: Verb, upload: Verb) -> tuple[Route, ...]:
    found = (("GET", download), ("POST", upload), ("PUT", upload))
    return tuple(_route(method, f"{path}/files", run) for method, run in found)


_JOBS = (
    _route("GET", f"{_PROJECT}/jobs", jobs.listed, "jobs_ext:jobs"),
    _route("POST", f"{_PROJECT}/jobs", jobs.create, "jobs_ext:jobs"),
    _route("DELETE", f"{_PROJECT}/jobs/{{job}}", jobs.delete, "jobs_ext:jobs"),
)
_TAXONOMY = (
    _route("GET", "taxa", taxonomy.taxa),
    _route("GET", _TAXON, taxonomy.taxon),
    _route("PUT", _TAXON, taxonomy.put_taxon),
    _route("DELETE", _TAXON, taxonomy.delete_taxon),
    _route("GET", f"{_TAXON}/loci", taxonomy.loci),
    _route("GET", _LOCUS, taxonomy.locus),
    _route("PUT", _LOCUS, taxonomy.put_locus),
    _route("DELETE", _LOCUS, taxonomy.delete_locus),
    *_files(_ALLELES, alleles.download, alleles.upload),
    _route("GET", _ALLELES, alleles.listed),
    _route("GET", f"{_ALLELES}/{{allele}}", alleles.shown),
    _route("PUT", f"{_ALLELES}/{{allele}}", alleles.put),
    _route("DELETE", f"{_ALLELES}/{{allele}}", alleles.delete),
    _route("GET", f"{_TAXON}/schemas", taxonomy.schemas),
    _route("GET", _SCHEMA, taxonomy.schema),
    _route("PUT", _SCHEMA, taxonomy.put_schema),
    _route("DELETE", _SCHEMA, taxonomy.delete_schema),
)
_PROJECTS = (
    _route("GET", "users", projects.users),
    _route("GET", "users/{user}", projects.user),
    _route("GET", "projects", projects.listed),
    _route("POST", "projects", projects.create),
    _route("GET", _PROJECT, projects.shown),
    _route("PUT", _PROJECT, projects.update),
    _route("DELETE", _PROJECT, projects.delete),
)
_DATASETS = (
    _route("GET", f"{_PROJECT}/datasets", datasets.listed),
    _route("POST", f"{_PROJECT}/datasets", datasets.create),
    _route("GET", _DATASET, datasets.shown),
    _route("PUT", _DATASET, datasets.update),
    _route("DELETE", _DATASET, datasets.delete),
    *_files(f"{_DATASET}/profiles", datasets.download_profiles, datasets.upload_profiles),
    _route("GET", f"{_DATASET}/profiles", datasets.profiles),
    _route("GET", f"{_DATASET}/profiles/{{profile}}", datasets.profile),
    _route("PUT", f"{_DATASET}/profiles/{{profile}}", datasets.put_profile),
    _route("DELETE", f"{_DATASET}/profiles/{{profile}}", datasets.delete_profile),
    *_files(f"{_DATASET}/isolates", isolates.download, isolates.upload),
    _route("GET", f"{_DATASET}/isolates", isolates.listed),
    _route("GET", f"{_DATASET}/isolates/{{isolate}}", isolates.shown),
    _route("PUT", f"{_DATASET}/isolates/{{isolate}}", isolates.put),
    _route("DELETE", f"{_DATASET}/isolates/{{isolate}}", isolates.delete),
)
_ANALYSES = (
    _route("GET", f"{_DATASET}/inferences", analyses.inferences, _OUTPUTS),
    _route("POST", f"{_DATASET}/inferences", analyses.upload, _OUTPUTS),
    _route("GET", _INFERENCE, analyses.inference, _OUTPUTS),
    _route("DELETE", _INFERENCE, analyses.delete_inference, _OUTPUTS),
    _route("GET", f"{_INFERENCE}/visualizations", analyses.visualizations, _OUTPUTS),
    _route("GET", _VISUALIZATION, analyses.visualization, _OUTPUTS),
    _route("DELETE", _VISUALIZATION, analyses.delete_visualization, _OUTPUTS),
)


PHYLODB = Dialect(
    "phylodb",
    error,
    (*_JOBS, *_TAXONOMY, *_PROJECTS, *_DATASETS, *_ANALYSES),
    home="",
    beside=(Route("GET", "", home, public=True),),
    options=Settings(),
    challenge="Bearer error=invalid_token",
)
