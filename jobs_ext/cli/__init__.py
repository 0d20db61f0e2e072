"""``jupyter jobs …``: the verbs of the client, typed into a terminal."""
