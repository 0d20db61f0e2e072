# %% submit
import json
from pathlib import Path

import ipyparallel as ipp
from tasks import VALUES, primes

cluster = ipp.Cluster(n=2, cluster_id="tasks", shutdown_atexit=False, controller_args=["--dictdb"])
client = cluster.start_and_connect_sync()
result = client.load_balanced_view().map_async(primes, VALUES)
Path("ids.json").write_text(json.dumps(result.msg_ids))
# %% collect
answer = list(result.get())
cluster.stop_cluster_sync()
# %% again
import json
from pathlib import Path

import ipyparallel as ipp

cluster = ipp.Cluster.from_file(cluster_id="tasks")
client = cluster.connect_client_sync()
parts = client.get_result(json.loads(Path("ids.json").read_text()), owner=False).get()
answer = [value for part in parts for value in (part if isinstance(part, list) else [part])]
cluster.stop_cluster_sync()
