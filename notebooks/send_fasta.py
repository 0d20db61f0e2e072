"""Send a FASTA file to the job `residues`, as `send_file.py` does with any: see there."""

from __future__ import annotations

from send_file import main

if __name__ == "__main__":
    raise SystemExit(main("residues"))
