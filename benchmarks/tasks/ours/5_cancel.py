# %% submit
import jobs_ext as jx
from tasks import hangs

job = jx.submit(hangs)
# %% collect
job.cancel().wait()
answer = "cancelled"
# %% again
import jobs_ext as jx

jx.last().cancel().wait()
answer = "cancelled"
