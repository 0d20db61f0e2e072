# %% submit
import jobs_ext as jx
from tasks import VALUES, primes

batch = jx.map(primes, VALUES)
# %% collect
answer = batch.results()
# %% again
import jobs_ext as jx

answer = jx.get(jx.last().batch).results()
