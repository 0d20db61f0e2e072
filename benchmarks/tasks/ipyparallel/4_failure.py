# %% submit
import ipyparallel as ipp
from tasks import primes

client = ipp.Cluster(n=1).start_and_connect_sync()
result = client[0].apply_async(primes, 0)
# %% collect
try:
    result.get()
except ipp.RemoteError as error:
    answer = f"{error.ename}: {error.evalue}"
