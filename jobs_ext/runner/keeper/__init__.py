"""The keeper: parent and subreaper of all local jobs. Standard library only.

It spawns, waits and appends one record per happening to the journal, and does nothing else, so
that the runner can be killed, upgraded and restarted without losing a single exit code. It is
started as a file (``python -I -S …/keeper/__main__.py``) and needs none of our dependencies.

A keeper outlives upgrades: it goes on with the attempts it has. A runner whose `PROTOCOL` differs
gives it no more, and starts a keeper of its own when that one has ended. So what is said about
attempts under way must stay understood for ever: ``list``, ``kill``, ``withdraw``,
``stop-when-idle``, and the records of the journal.
"""

#: Number of the way in which attempts are ordered; to be raised when ``spawn`` changes its meaning.
PROTOCOL = 2
