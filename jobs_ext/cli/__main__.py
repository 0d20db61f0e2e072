"""``python -m jobs_ext.cli``, where ``jupyter jobs`` is not on the path."""

import sys

from .main import main

if __name__ == "__main__":
    sys.exit(main())
