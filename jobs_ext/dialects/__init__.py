"""The wire formats of other job services, translated to and from the service.

`table` says what a dialect is made of and shows a small one, `handler` serves it, `served` lists
those there are.
"""
