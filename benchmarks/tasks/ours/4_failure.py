# %% submit
import jobs_ext as jx
from tasks import primes

job = jx.submit(primes, 0)
# %% collect
answer = job.wait().reason
# %% again
import jobs_ext as jx

answer = jx.last().wait().reason
