"""Where a submit comes from: interpreter, folder, module path and environment of this process."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from jobs_ext.model.request import Context

#: What a job takes over from the submitter, so that what works after ``!`` works in the job.
NAMES = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "TZ", "TMPDIR",
        "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
        "PYTHONPATH", "MODULEPATH", "MODULESHOME", "LOADEDMODULES", "_LMFILES_", "R_LIBS",
        "R_LIBS_USER", "R_LIBS_SITE", "PERL5LIB", "JAVA_HOME", "CUDA_HOME", "CUDA_PATH",
        "JULIA_PROJECT", "JULIA_DEPOT_PATH", "JULIA_LOAD_PATH", "JUPYTER_PATH",
        "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_PREFER_ENV_PATH", "IPYTHONDIR",
        "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy",
        "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS",
        "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE", "GOOGLE_CLOUD_PROJECT", "CLOUDSDK_ACTIVE_CONFIG_NAME",
        "AZURE_CONFIG_DIR", "KUBECONFIG",
    }
)  # fmt: skip
PREFIXES = ("LC_", "CONDA_", "MAMBA_", "LMOD_", "XDG_", "OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_")


def capture() -> Context:
    """Return the context of this process, for a server that shares its file system."""
    return Context(
        python=sys.executable or None,
        cwd=os.getcwd(),  # noqa: PTH109 - the text, as the shell knows it
        environment=environment(),
        path=module_path(),
    )


def environment() -> dict[str, str]:
    """Return the variables a job takes over: the list above and JOBS_EXT_ENVIRONMENT's names."""
    extra = {n.strip() for n in os.environ.get("JOBS_EXT_ENVIRONMENT", "").split(",")}
    wanted = NAMES | extra
    return {
        name: value
        for name, value in os.environ.items()
        if (name in wanted or name.startswith(PREFIXES)) and _is_text(value)
    }


def _is_text(value: str) -> bool:
    return value.encode("utf-8", "ignore").decode() == value


def module_path() -> list[str]:
    """Return the folders on ``sys.path`` that hold the user's own modules, this folder first."""
    here = str(Path.cwd())
    found = [here]
    for entry in sys.path:
        folder = str(Path(entry or here).absolute())
        if folder not in found and not _installed(folder) and Path(folder).is_dir():
            found.append(folder)
    return found


def beside(name: str) -> bool:
    """Tell whether module `name` lies in this folder: then a job gets it as it is now."""
    top = sys.modules.get(name.partition(".")[0])
    file = getattr(top, "__file__", None)
    if not file or name.partition(".")[0] == "jobs_ext":
        return False
    path = Path(file).resolve()
    folder = path.parent.parent if path.name == "__init__.py" else path.parent
    return folder == Path.cwd().resolve()


def _installed(path: str) -> bool:
    places = sysconfig.get_paths()
    fixed = {places[n] for n in ("stdlib", "platstdlib", "purelib", "platlib")}
    return (
        any(Path(path).is_relative_to(place) for place in fixed)
        or "site-packages" in path
        or "dist-packages" in path
        or path.endswith(".zip")
    )
