"""The service: the one door to the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from ..model.errors import JobsError
from ..model.policy import Policy
from ..model.retention import Retention
from ..model.scheduling import Scheduling
from ..store.contents import SpecCache
from ..store.engine import Store
from ..store.faults import mapped_faults, unavailable
from ..store.migrate import ask_nobody, check_revision, migrate
from ..store.paths import Paths
from ..store.stored import total
from .archives import Archives
from .batches import Batches
from .bulk import Bulk
from .catalog import Catalog
from .core import Core
from .datasets import Datasets
from .documents import Documents
from .events import Events
from .filesystems import Filesystems
from .given import Given
from .grants import Grants
from .handed import Handed
from .jobs import Jobs
from .keys import Keys
from .logs import Logs
from .nodes import Nodes
from .notifications import Notifications
from .outbox import Outbox
from .outputs import Outputs
from .principal import Principal
from .projects import Projects
from .queue import Queue
from .queues import Queues
from .quota import room_of
from .remembered import Remembered
from .resolve import House
from .retaking import Retaking
from .retention import Keeping
from .slots import Slots, detect
from .together import Together
from .toolgrants import ToolGrants
from .toolmaking import ToolMaking
from .tools import Tools
from .trash import Trash
from .uploads import Draft, sweep_drafts
from .uris import Sources
from .whom import Whom
from .working import Working


class Service:
    """Everything that can be done with one data directory; safe to use from several threads."""

    def __init__(self, store: Store, house: House) -> None:
        self.paths = store.paths
        self.read_only = store.read_only
        self.fingerprint = store.paths.server_id()
        self.slots = house.slots
        self.lease = house.lease
        self.scheduling = house.scheduling
        self.policy = house.policy
        self.outgoing = house.whom.outgoing
        self._store = store
        self._core = core = Core(store, SpecCache(), house, Remembered())
        self.tools = Catalog(core)
        self.tool_grants = ToolGrants(core)
        self.tool_making = ToolMaking(core)
        self.jobs = Jobs(core)
        self.batches = Batches(core, self.jobs)
        self.together = Together(core, self.jobs)
        self.trash = Trash(core, self.jobs, self.batches)
        self.bulk = Bulk(core, self.jobs, self.trash)
        self.keeping = Keeping(core, self.jobs, self.batches)
        self.outputs = Outputs(core)
        self.archives = Archives(core, self.outputs)
        self.filesystems = Filesystems(core)
        self.given = Given(core)
        self.logs = Logs(core)
        self.keys = Keys(core)
        self.grants = Grants(core)
        self.nodes = Nodes(core)
        self.working = Working(core)
        self.handed = Handed(core)
        self.retaking = Retaking(core)
        self.events = Events(core)
        self.queue = Queue(core)
        self.queues = Queues(core)
        self.notifications = Notifications(core)
        self.outbox = Outbox(core)
        self.documents = Documents(core)
        self.projects = Projects(core)
        self.datasets = Datasets(core)

    @classmethod
    def open(
        cls,
        data_dir: str | Path,
        *,
        tool_dirs: Sequence[str | Path] = (),
        root_dir: str | Path | None = None,
        migrate: bool = False,
        read_only: bool = False,
        ask_runner: Callable[[Paths], bool] = ask_nobody,
        slots: Slots | None = None,
        scheduling: Scheduling | None = None,
        whom: Whom | None = None,
        retention: Retention | None = None,
        hashed_inputs: int = 64_000_000,
        input_schemes: Sequence[str] = (),
        policy: Policy | None = None,
        runtime_dir: str | Path | None = None,
        lease: float = 600.0,
    ) -> Self:
        """Open a data directory; the server makes it or brings it up to date by `migrate`.

        `ask_runner` asks a runner of an older version, which is in the way of that, to let go.
        `read_only` takes it as it is, and makes nothing: what would write is refused.
        `root_dir` is where relative paths start when a submitter does not say its folder;
        `slots` replaces what is found out about the machine; `scheduling` has the rules by which
        jobs take their turns, `whom` whom they may tell, `retention` how long they are kept,
        `policy` what they may be; of the files that a request reads `hashed_inputs` bytes are
        hashed; inputs may come from URIs with `input_schemes`; a node loses what it holds after
        `lease` seconds of silence. Raises `StoreUnavailable`, and its kinds `UnmigratedDatabase`
        and `NewerDatabase`, when the database can't be used.
        """
        paths = Paths(data_dir, runtime_dir)
        root = str(Path(root_dir).expanduser().absolute() if root_dir else Path.cwd())
        named = [Path(folder).expanduser() for folder in tool_dirs]
        asked = [folder for folder in named if folder != Path(root, "tools")]  # the default
        folders = [*named, paths.tools]
        store = Store(paths, read_only=read_only)
        try:
            with mapped_faults(paths.root):
                _prepare(store, ask_runner if migrate else None)
                house = House(
                    Tools(folders, paths.made_tools, asked),
                    slots or detect(),
                    root,
                    scheduling or Scheduling(),
                    whom or Whom(),
                    retention or Retention(),
                    hashed_inputs,
                    policy or Policy(),
                    (paths.root, *folders),
                    lease,
                    Sources(tuple(input_schemes), (whom or Whom()).guard),
                )
                return cls(store, house)
        except OSError as error:
            store.close()
            raise unavailable(paths.root, f"can't be opened: {error}") from None
        except JobsError:
            store.close()
            raise

    def draft(self, who: Principal) -> Draft:
        """Return the draft of a file that `who` sends with a request: as large as they may keep."""
        with self._store.read() as connection:
            return Draft(self.paths, room_of(connection, self.policy, who.owner))

    def stored(self, who: Principal) -> int:
        """Return the bytes of outputs, uploads and data sets that `who` keeps."""
        with self._store.read() as connection:
            return total(connection, who.owner)

    def glance(self) -> AbstractContextManager[None]:
        """Let short reads within raise `StoreUnavailable` rather than wait (`Store.glance`)."""
        return self._store.glance()

    def close(self) -> None:
        """Close the store."""
        self._store.close()


def _prepare(store: Store, ask_runner: Callable[[Paths], bool] | None) -> None:
    if store.read_only:
        check_revision(store)
        return
    if ask_runner is None:
        check_revision(store)
        store.paths.make()
        return
    store.paths.make()
    migrate(store, ask_runner)
    sweep_drafts(store.paths)
