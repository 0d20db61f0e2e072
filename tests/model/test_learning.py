from __future__ import annotations

import subprocess
import sys

import pytest

RACE = """
import sys, threading
import msgspec
from jobs_ext.model.learning import learn_structs
from jobs_ext.model.request import SubmitRequest

sys.setswitchinterval(1e-6)  # threads take turns as often as can be
learn_structs()
line = threading.Barrier(8)
def decode():
    line.wait()
    msgspec.json.decode(b'{"target": {"command": ["true"]}}', type=SubmitRequest)
threads = [threading.Thread(target=decode) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""

LEFT = """
import msgspec
import jobs_ext.{module}
from jobs_ext.model import learning

learnt = []
learning.Decoder = learnt.append
learning.learn_structs()
print(*(kind.__name__ for kind in learnt))
"""


def test_threads_may_decode_what_was_learnt():
    for _ in range(3):
        subprocess.run([sys.executable, "-c", RACE], check=True)


@pytest.mark.parametrize("module", ["app", "runner.__main__"])
def test_what_server_and_runner_decode_is_there_when_they_learn(module):
    code = LEFT.format(module=module)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"SubmitRequest", "Options", "Spec", "Progress", "Work"} <= set(told.stdout.split())
