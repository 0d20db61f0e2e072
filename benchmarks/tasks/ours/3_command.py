# %% submit
import jobs_ext as jx

job = jx.submit(["sort", "-n", "numbers.txt"])
# %% collect
answer = job.wait().logs().split()
# %% again
import jobs_ext as jx

answer = jx.last().wait().logs().split()
