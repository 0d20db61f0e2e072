# %% submit
import subprocess

import ipyparallel as ipp

client = ipp.Cluster(n=1).start_and_connect_sync()
result = client[0].apply_async(subprocess.check_output, ["sort", "-n", "numbers.txt"], text=True)
# %% collect
answer = result.get().split()
