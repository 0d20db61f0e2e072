"""The scripts of the shipped tools as modules; their folder is no package."""

from __future__ import annotations

import importlib.util
import sys

from jobs_ext.service.tools import SHIPPED


def load(name):
    """Return the script of a tool as a module; beside it lie those that it imports."""
    if str(SHIPPED) not in sys.path:
        sys.path.append(str(SHIPPED))
    spec = importlib.util.spec_from_file_location(f"shipped_{name}", SHIPPED / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


goeburst = load("goeburst")
radial = load("radial")
