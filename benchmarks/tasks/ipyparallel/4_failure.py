# %% submit
from pathlib import Path

import ipyparallel as ipp
from tasks import primes

cluster = ipp.Cluster(n=1, cluster_id="tasks", shutdown_atexit=False, controller_args=["--dictdb"])
client = cluster.start_and_connect_sync()
result = client[0].apply_async(primes, 0)
Path("id.txt").write_text(result.msg_ids[0])
# %% collect
try:
    result.get()
except ipp.RemoteError as error:
    answer = f"{error.ename}: {error.evalue}"
cluster.stop_cluster_sync()
# %% again
from pathlib import Path

import ipyparallel as ipp

cluster = ipp.Cluster.from_file(cluster_id="tasks")
client = cluster.connect_client_sync()
try:
    client.get_result(Path("id.txt").read_text(), owner=False).get()
except ipp.RemoteError as error:
    answer = f"{error.ename}: {error.evalue}"
cluster.stop_cluster_sync()
