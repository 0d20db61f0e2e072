# %% submit
import pickle
from pathlib import Path

import submitit
from tasks import primes

executor = submitit.AutoExecutor("logs", cluster="local")
executor.update_parameters(timeout_min=5)
job = executor.submit(primes, 0)
Path("job.pickle").write_bytes(pickle.dumps(job))
# %% collect
answer = str(job.exception())
# %% again
import pickle
from pathlib import Path

answer = str(pickle.loads(Path("job.pickle").read_bytes()).exception())
