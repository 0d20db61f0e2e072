"""The runner process: claims queued jobs, launches and watches them, writes what became of them.

It validates nothing and imports no validator, so that it starts fast. It can be killed and
replaced at any moment: the jobs belong to the keeper (`runner.keeper`), a much smaller process.
"""
