"""The native REST and WebSocket interface: one file per resource, all listed in `routes`."""
