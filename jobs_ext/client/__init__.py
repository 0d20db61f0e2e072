"""The notebook's side: finds the server, submits, watches, and pulls outputs back as frames.

Nothing here imports server code; importing this package imports nothing else.
"""
