# %% submit
import subprocess
from pathlib import Path

import ipyparallel as ipp

cluster = ipp.Cluster(n=1, cluster_id="tasks", shutdown_atexit=False, controller_args=["--dictdb"])
client = cluster.start_and_connect_sync()
result = client[0].apply_async(subprocess.check_output, ["sort", "-n", "numbers.txt"], text=True)
Path("id.txt").write_text(result.msg_ids[0])
# %% collect
answer = result.get().split()
cluster.stop_cluster_sync()
# %% again
from pathlib import Path

import ipyparallel as ipp

cluster = ipp.Cluster.from_file(cluster_id="tasks")
client = cluster.connect_client_sync()
answer = client.get_result(Path("id.txt").read_text(), owner=False).get().split()
cluster.stop_cluster_sync()
