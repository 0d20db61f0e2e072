from __future__ import annotations

from jobs_ext.model import reasons


def test_sentences():
    assert reasons.exit_sentence(3) == "exited with code 3"
    assert reasons.exit_sentence(127, "x: not found") == (
        "exited with code 127 (command not found): x: not found"
    )
    assert (
        reasons.exit_sentence(137) == "exited with code 137 (a program in it was killed by SIGKILL)"
    )
    assert reasons.signal_sentence(9) == (
        "killed by SIGKILL: something other than jobs_ext killed it"
    )
    assert reasons.signal_sentence(6, "bad index").endswith("; its last line: bad index")
    assert "`ulimit -t`, its own or of who began the server" in reasons.signal_sentence(24)
    assert reasons.signal_sentence(99) == "killed by signal 99"
    assert reasons.memory_sentence(4_100_000_000, 4_000_000_000) == "killed: used 4.1 GB of 4.0 GB"
    assert reasons.log_sentence(10**8) == "wrote more than 100.0 MB to its log"
    assert reasons.output_sentence(10**8) == "its files took more than 100.0 MB of the disk"
    assert "time limit of 10 min" in reasons.time_sentence(600)
