# %% submit
import pickle
from pathlib import Path

import submitit
from tasks import VALUES, primes

executor = submitit.AutoExecutor("logs", cluster="local")
executor.update_parameters(timeout_min=5)
jobs = executor.map_array(primes, VALUES)
Path("jobs.pickle").write_bytes(pickle.dumps(jobs))
# %% collect
answer = [job.result() for job in jobs]
# %% again
import pickle
from pathlib import Path

answer = [job.result() for job in pickle.loads(Path("jobs.pickle").read_bytes())]
