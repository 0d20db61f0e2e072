"""The keeper: parent and subreaper of all local jobs. Standard library only.

It spawns, waits and appends one record per happening to the journal, and does nothing else, so
that the runner can be killed, upgraded and restarted without losing a single exit code. It is
started as a file (``python -I -S …/keeper/__main__.py``) and needs none of our dependencies.
"""
