# %% submit
import pickle
from pathlib import Path

import submitit

executor = submitit.AutoExecutor("logs", cluster="local")
executor.update_parameters(timeout_min=5)
job = executor.submit(submitit.helpers.CommandFunction(["sort", "-n", "numbers.txt"]))
Path("job.pickle").write_bytes(pickle.dumps(job))
# %% collect
answer = job.result().split()
# %% again
import pickle
from pathlib import Path

answer = pickle.loads(Path("job.pickle").read_bytes()).result().split()
