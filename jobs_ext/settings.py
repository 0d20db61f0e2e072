"""What can be configured of the Jupyter Server extension: traits, their checks, what they make."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from jupyter_core.paths import jupyter_data_dir
from traitlets import (
    Bunch,
    Dict,
    Float,
    HasTraits,
    Int,
    List,
    Set,
    TraitError,
    Unicode,
    Union,
    default,
    validate,
)

from .dialects import served
from .model.errors import InvalidRequest
from .model.notification import Mail, Notify, Outgoing
from .model.policy import Policy
from .model.quantities import parse_bytes, parse_duration
from .model.retention import Retention
from .model.scheduling import DEFAULT_QUEUE, QueueRules, Scheduling
from .model.status import FINAL
from .service import Slots
from .service.addresses import Guard
from .service.slots import check_gpus, detect, detect_gpus
from .service.uris import check_schemes
from .service.whom import Whom

_SHORT_LOG = 4096  # bytes: up to here the logs of a command that asks for no limit are not measured


class Settings(HasTraits):
    """The traits of `JobsExtension`, under whose name they are configured."""

    data_dir = Unicode(
        help="Folder of everything that is kept: the database, the jobs' logs and outputs. "
        "Default: jobs_ext in Jupyter's data directory. It is made with mode 0700."
    ).tag(config=True)

    tool_dirs = List(
        Unicode(),
        help="Folders with tool files (*.toml). Default: tools in the server's root folder. "
        "The tools that come with jobs_ext and those in <data_dir>/tools are always there.",
    ).tag(config=True)

    environment = List(
        Unicode(),
        help="Names of more environment variables that a job gets from the kernel it was "
        "submitted from, beside the usual ones (PATH, HOME, LANG, CONDA_*, …).",
    ).tag(config=True)

    max_cpu = Float(
        None,
        allow_none=True,
        min=0.1,
        help="Cores that all running jobs together may use. Default: what this server may use, "
        "by CPU affinity, cgroup and CPU_LIMIT.",
    ).tag(config=True)

    max_memory = Unicode(
        help='Memory that all running jobs together may reserve, e.g. "8GB". Default: what this '
        "server may use, by cgroup and MEM_LIMIT, less a tenth.",
    ).tag(config=True)

    max_log_size = Unicode(
        "1GB",
        help="What a job's stdout, and its stderr, may grow to, at least 4096 bytes; a job that "
        "writes more is ended, so that a flood does not fill the disk. A job's own option replaces "
        'it, and may be less. "": no limit.',
    ).tag(config=True)

    max_output_size = Unicode(
        help="Disk that the outputs of a job and the files in its own folder may take, e.g. "
        '"50GB"; a job that takes more is ended. A job\'s own option replaces it. Default: no '
        "limit.",
    ).tag(config=True)

    max_hashed_inputs = Unicode(
        "64MB",
        help="Bytes of the files that a submit reads to know them again: a job whose input was "
        "edited before it starts fails, and says so. Of what is larger, size and time must stay as "
        'they were. "": nothing is read.',
    ).tag(config=True)

    input_schemes = List(
        Unicode(),
        help="Schemes of URIs by which jobs may name inputs, e.g. ['https', 's3']; these are "
        "fetched before the job starts. http and https lead to public hosts and to allowed_hosts "
        "alone; others need jobs_ext[inputs] and what fsspec asks for, and connect by themselves: "
        "allow only what all who submit may read. Default: none.",
    ).tag(config=True)

    max_input_size = Unicode(
        "10GB",
        help='What one input that is fetched may have, e.g. "1TB"; "": what the disk takes.',
    ).tag(config=True)

    keep = Dict(
        help="How long jobs are kept from their end, by final status, e.g. {'SUCCEEDED': '90d', "
        "'FAILED': '30d', 'CANCELLED': '7d'}; then they go into the trash, a batch as a whole. "
        "What is not named is kept. What would go now is shown at api/v1/retention.",
    ).tag(config=True)

    keep_size = Unicode(
        help='What the outputs of all jobs in the data directory may take together, e.g. "500GB"; '
        "beyond that the oldest that have ended go into the trash, a batch as a whole, whatever "
        "keep says. Archived outputs and those in people's own folders do not count. Default: no "
        "limit.",
    ).tag(config=True)

    keep_deleted = Unicode(
        "30d",
        help='How long deleted jobs stay in the trash, from which they can be had back, e.g. "7d"; '
        'then they are purged, with their files. "": until somebody purges them.',
    ).tag(config=True)

    gpus = List(
        Unicode(),
        default_value=None,
        allow_none=True,
        help="GPUs that jobs may use, as CUDA numbers them, e.g. ['0', '1']. Each goes to one job "
        "at a time, which asks for it by its option gpu. Default: those of CUDA_VISIBLE_DEVICES, "
        "else those that nvidia-smi lists.",
    ).tag(config=True)

    queues = Dict(
        help="Named queues and their rules, e.g. {'long': {'max_running': 2, 'description': "
        "'hours'}}. max_running is how many jobs of a queue run at once. Jobs choose one by their "
        "option queue; the others are in 'default', which may have rules, too.",
    ).tag(config=True)

    max_running_per_owner = Int(
        None,
        allow_none=True,
        min=1,
        help="Jobs of one owner that run at once. Default: as many as fit; owners take turns.",
    ).tag(config=True)

    admins = Set(
        Unicode(),
        help="Names of the users who may see to other people's jobs, to tools and to all keys, on "
        "a server with an identity provider that knows people apart.",
    ).tag(config=True)

    policy = Dict(
        help="What jobs may be, e.g. {'max_cpu': 4, 'max_memory': '8GB', 'max_timeout': '12h', "
        "'max_batch': 10000, 'max_unfinished': 20000, 'max_stored': '50GB', 'allow_run': "
        "False}; the last lets only declared tools run.",
    ).tag(config=True)

    patience = Float(
        60.0,
        min=0.0,
        help="Seconds for which a job that does not fit lets later ones of its priority pass. From "
        "then on, what it takes is kept free for it.",
    ).tag(config=True)

    allowed_hosts = List(
        Unicode(),
        help="Hosts that a URL of a submitter (a webhook, an input) may lead to though they are on "
        "this machine or in a private network: names ('*.example.org' for all below), addresses "
        "and networks ('10.1.0.0/16'). Public hosts are always allowed.",
    ).tag(config=True)

    notify = List(
        Union([Unicode(), Dict()]),
        help="Whom to tell of every job that is submitted alone and of every batch, at the end: "
        "URLs, or dicts with the keys of the option notify.",
    ).tag(config=True)

    notify_schemes = List(
        Unicode(),
        help="Schemes of apprise's URLs that jobs may tell, e.g. ['slack', 'discord']; this needs "
        "jobs_ext[notify]. apprise connects by itself: allow only schemes whose host is not the "
        "submitter's to choose. http, https and, with a mail server, mailto are always there.",
    ).tag(config=True)

    mail = Dict(
        help="The server that takes mails, e.g. {'host': 'smtp.example.org', 'sender': "
        "'jobs@example.org', 'port': 587, 'security': 'starttls', 'user': 'jobs', 'password_env': "
        "'JOBS_MAIL_PASSWORD'}: host and sender are needed; security is none, starttls or tls; the "
        "password is read from that environment variable. Default: no mails are sent.",
    ).tag(config=True)

    dialects = List(
        Unicode(),
        default_value=list(served.DIALECTS),
        help="Whose wire formats are served beside the native API, each at jobs-ext/<name>/, so "
        "that clients made for that system can be used here. Default: all there are.",
    ).tag(config=True)

    lease = Float(
        600.0,
        min=1.0,
        help="Seconds for which a node, a worker outside, may be silent before it loses the jobs "
        "that it holds. Whatever it says counts, and a ping, too.",
    ).tag(config=True)

    dialect_ports = Dict(
        help="Ports of 127.0.0.1 at which dialects are served as their own servers do, for clients "
        "that have that address built in, e.g. {'analytics_automated': 8000}. Whoever sends no "
        "credentials to that of analytics_automated, which all users of this machine can do, may "
        "use the tools that say open = true, and sees what was submitted so or is shared with the "
        "world. Default: none.",
    ).tag(config=True)

    dialect_options = Dict(
        help="What is set for a dialect, by its name, e.g. {'et_engine': {'lists': True}}; "
        "docs/reference/dialects.md has the options of each.",
    ).tag(config=True)

    max_keepalive = Float(
        7 * 86400.0,
        min=0.0,
        help="Seconds for which jobs alone, with nobody else doing anything, keep Jupyter and hubs "
        "from stopping the server as idle. 0: jobs don't. inf: as long as there are any.",
    ).tag(config=True)

    @default("data_dir")
    def _default_data_dir(self) -> str:
        return str(Path(jupyter_data_dir()) / "jobs_ext")

    @validate("max_memory", "max_output_size", "max_hashed_inputs", "max_input_size", "keep_size")
    def _check_size(self, proposal: Bunch) -> str:
        return _checked(proposal, parse_bytes)

    @validate("max_log_size")
    def _check_log_size(self, proposal: Bunch) -> str:
        return _checked(proposal, partial(parse_bytes, least=_SHORT_LOG))

    @validate("input_schemes")
    def _check_schemes(self, proposal: Bunch) -> list[str]:
        schemes: list[str] = _taken(proposal, check_schemes)
        return schemes

    @validate("keep_deleted")
    def _check_duration(self, proposal: Bunch) -> str:
        return _checked(proposal, parse_duration)

    @validate("keep")
    def _check_keep(self, proposal: Bunch) -> dict[str, object]:
        kept: dict[str, object] = proposal.value
        unknown = sorted(set(kept) - {str(status) for status in FINAL})
        if unknown:
            raise TraitError(f"JobsExtension.keep: no job ends as {', '.join(unknown)}")
        try:
            for duration in kept.values():
                parse_duration(duration if isinstance(duration, int | float) else str(duration))
        except ValueError as error:
            raise TraitError(f"JobsExtension.keep: {error}") from None
        return kept

    @validate("dialects")
    def _check_dialects(self, proposal: Bunch) -> list[str]:
        names: list[str] = proposal.value
        unknown = sorted(set(names) - set(served.DIALECTS))
        if unknown:
            known = ", ".join(served.DIALECTS)
            raise TraitError(f"JobsExtension.dialects: no {', '.join(unknown)}; there are {known}")
        return names

    @validate("dialect_ports")
    def _check_ports(self, proposal: Bunch) -> dict[str, int]:
        ports: dict[str, int] = _taken(proposal, served.check)
        return ports

    @validate("dialect_options")
    def _check_dialect_options(self, proposal: Bunch) -> dict[str, dict[str, object]]:
        given: dict[str, dict[str, object]] = proposal.value
        try:
            for name, options in _converted(
                given, dict[str, dict[str, Any]], "dialect_options"
            ).items():
                served.with_options(name, options)
        except ValueError as error:
            raise TraitError(f"JobsExtension.dialect_options: {error}") from None
        return given

    @validate("gpus")
    def _check_gpus(self, proposal: Bunch) -> list[str] | None:
        gpus: list[str] | None = _taken(proposal, check_gpus)
        return gpus

    @validate("queues")
    def _check_queues(self, proposal: Bunch) -> dict[str, object]:
        queues: dict[str, object] = proposal.value
        _converted(queues, dict[str, QueueRules], "queues")
        return queues

    @validate("allowed_hosts")
    def _check_hosts(self, proposal: Bunch) -> list[str]:
        hosts: list[str] = _taken(proposal, Guard)
        return hosts

    @validate("mail")
    def _check_mail(self, proposal: Bunch) -> dict[str, object]:
        mail: dict[str, object] = proposal.value
        _converted(mail or None, Mail | None, "mail")
        return mail

    @validate("notify")
    def _check_notify(self, proposal: Bunch) -> list[object]:
        told: list[object] = proposal.value
        _converted(told, list[str | Notify], "notify")
        return told

    @validate("policy")
    def _check_policy(self, proposal: Bunch) -> dict[str, object]:
        policy: dict[str, object] = proposal.value
        _converted(policy, Policy, "policy")
        return policy

    def limits(self) -> list[str]:
        """Return the limits of all jobs as options of the runner."""
        limits = {
            "--max-log-size": self.max_log_size,
            "--max-output-size": self.max_output_size,
            "--max-input-size": self.max_input_size,
        }
        options = [f"{name}={parse_bytes(size)}" for name, size in limits.items() if size]
        rules = msgspec.json.encode(self.retention()).decode()
        return [*options, "--retention", rules]

    def retention(self) -> Retention:
        """Return how long what is kept."""
        kept: dict[str, str] = self.keep
        return Retention(
            keep={status: parse_duration(duration) for status, duration in kept.items()},
            keep_deleted=parse_duration(self.keep_deleted) if self.keep_deleted else None,
            keep_size=parse_bytes(self.keep_size) if self.keep_size else None,
        )

    def slots(self) -> Slots:
        """Return what all running jobs together may take."""
        found = detect()
        memory = parse_bytes(self.max_memory) if self.max_memory else found.memory
        chosen: list[str] | None = self.gpus
        gpus = detect_gpus() if chosen is None else chosen
        return Slots(cpu=self.max_cpu or found.cpu, memory=memory, gpus=tuple(gpus))

    def whom(self) -> Whom:
        """Return whom jobs may tell; `TraitError` for a preset that can't be told."""
        mail = _converted(self.mail or None, Mail | None, "mail")
        outgoing = Outgoing(tuple(self.allowed_hosts), mail, tuple(self.notify_schemes))
        whom = Whom(outgoing, Guard(self.allowed_hosts))
        try:
            asked = _converted(self.notify, list[str | Notify], "notify")
            told = whom.check(asked, "notify", batch=False)
        except InvalidRequest as error:
            raise TraitError(f"JobsExtension.notify: {error}") from None
        return msgspec.structs.replace(whom, presets=tuple(one.notify for one in told))

    def scheduling(self) -> Scheduling:
        """Return the rules of queues and turns."""
        queues = msgspec.convert(self.queues, dict[str, QueueRules])
        return Scheduling(
            queues={DEFAULT_QUEUE: QueueRules()} | queues,
            max_running_per_owner=self.max_running_per_owner,
            patience=self.patience,
        )


def _converted(value: object, kind: Any, name: str) -> Any:
    """Return a trait's value as `kind`; `TraitError` if it can't be that."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise TraitError(f"JobsExtension.{name}: {error}") from None


def _taken(proposal: Bunch, check: Callable[[Any], object]) -> Any:
    """Return a trait's value as it was given, if `check` takes it; else `TraitError`."""
    try:
        check(proposal.value)
    except ValueError as error:
        raise TraitError(f"JobsExtension.{proposal.trait.name}: {error}") from None
    return proposal.value


def _checked(proposal: Bunch, parse: Callable[[str], float]) -> str:
    """Return a quantity as it was given, if `parse` takes it; nothing at all is taken, too."""
    given: str = proposal.value
    try:
        if given:
            parse(given)
    except ValueError as error:
        raise TraitError(f"JobsExtension.{proposal.trait.name}: {error}, not {given!r}") from None
    return given
