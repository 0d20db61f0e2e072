# %% submit
import signal

import ipyparallel as ipp
from tasks import hangs

cluster = ipp.Cluster(n=1, cluster_id="tasks", shutdown_atexit=False)
client = cluster.start_and_connect_sync()
result = client[0].apply_async(hangs)
# %% collect
cluster.signal_engines_sync(signal.SIGINT)
cluster.stop_cluster_sync()
answer = "cancelled"
# %% again
import signal

import ipyparallel as ipp

cluster = ipp.Cluster.from_file(cluster_id="tasks")
cluster.signal_engines_sync(signal.SIGINT)
cluster.stop_cluster_sync()
answer = "cancelled"
