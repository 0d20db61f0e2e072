# %% submit
import subprocess

running = subprocess.Popen(["papermill", "hangs.ipynb", "hangs-out.ipynb"])
# %% collect
running.terminate()
running.wait()
answer = "cancelled"
