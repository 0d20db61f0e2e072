"""What the tasks run, the same for all."""

import subprocess
import time

VALUES = [2000, 4000, 6000, 8000]


def primes(n):
    """Return how many primes are below `n`; takes two seconds more."""
    time.sleep(2)
    if n < 2:
        raise ValueError(f"{n} is too small")
    return sum(all(k % i for i in range(2, int(k**0.5) + 1)) for k in range(2, n))


def hangs():
    """Start another program, and never return."""
    subprocess.run(["sleep", "86399"], check=True)
