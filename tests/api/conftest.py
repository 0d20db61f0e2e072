"""The fixtures of a Jupyter server with the extension."""

from __future__ import annotations

from tests.serving import api, data_dir, data_dirs, extension, jp_server_config

__all__ = ["api", "data_dir", "data_dirs", "extension", "jp_server_config"]
