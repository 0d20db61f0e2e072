"""What a user of ET Engine's SDK does in a session; run in an environment that has it.

Argument: the base URL. The key is in ET_ENGINE_API_KEY, as the SDK wants it.
"""

import os
import sys
from pathlib import Path

import et_engine as et
import requests

engine = et.Engine(sys.argv[1])


def refused(status, call, *args, **kwargs):
    """Return what is said when a call is refused."""
    try:
        call(*args, **kwargs)
    except requests.HTTPError as error:
        answer = error.response
    assert answer.status_code == status, answer.text
    return answer.text


new = engine.tools.create_tool("to come", "a tool without a program")
assert new.status() == {"ready": False, "buildStatus": "NOT_BUILT"}
refused(409, engine.tools.create_tool, "to come", "again")
assert "no program" in refused(409, new, who="me")
assert engine.tools.connect("to come") == new
new.delete()

disk = engine.filesystems.create_filesystem("data")
refused(409, engine.filesystems.create_filesystem, "data")
assert disk in engine.filesystems.list_filesystems()
content = os.urandom(300_000)
Path("up.bin").write_bytes(content)
disk.upload("up.bin", "in/deep/up.bin", chunk_size=65_536)
disk.mkdir("empty")
disk.mkdir("empty", ignore_exists=True)
assert disk.ls() == {"directories": ["empty", "in"], "files": []}
disk.download("in/deep/up.bin", "down.bin", chunk_size=50_000)
assert Path("down.bin").read_bytes() == content

greet = engine.tools.connect("greet")
assert greet.status() == {"ready": True, "buildStatus": "SUCCEEDED"}
hardware = et.Hardware(filesystem_list=[disk], cpu=1, memory=200)
single = greet(who="ada", times=2, hardware=hardware)
several = greet.run_batch({"who": "all"}, [{"times": "1"}, {"who": "bea"}, {"code": 3}], hardware)
assert (single.n_jobs, several.n_jobs) == (1, 3)
single.wait(interval=0.1)
several.wait(interval=0.1)
ends = several.status()
assert (ends.succeeded, ends.failed, ends.submitted) == (2, 1, 0), ends
assert disk.ls()["files"] == ["ada.txt", "all.txt", "bea.txt"]
disk.download("ada.txt", "ada.txt")
assert Path("ada.txt").read_text() == "hello ada\nhello ada\n"

assert engine.batches.connect(single.batch_id) == single
assert single.batch_hardware.filesystem_list == [disk]
assert "times" in refused(400, greet, who="me", times="many")
disk.delete("in")
assert disk.ls()["directories"] == ["empty"]
single.delete()
assert [batch.batch_id for batch in engine.batches.list_batches()] == [several.batch_id]
engine.batches.clear_batches()
assert engine.batches.list_batches() == []
print("done")
