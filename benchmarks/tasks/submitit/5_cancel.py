# %% submit
import pickle
from pathlib import Path

import submitit
from tasks import hangs

executor = submitit.AutoExecutor("logs", cluster="local")
executor.update_parameters(timeout_min=5)
job = executor.submit(hangs)
Path("job.pickle").write_bytes(pickle.dumps(job))
# %% collect
job.cancel()
answer = "cancelled"
# %% again
import pickle
from pathlib import Path

pickle.loads(Path("job.pickle").read_bytes()).cancel()
answer = "cancelled"
