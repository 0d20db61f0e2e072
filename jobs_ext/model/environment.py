"""Which environment variables a job takes over, so that what works after ``!`` works in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

NAMES = frozenset(
    """
    PATH HOME USER LOGNAME SHELL TERM LANG LANGUAGE TZ TMPDIR
    VIRTUAL_ENV LD_LIBRARY_PATH DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH PYTHONPATH
    MODULEPATH MODULESHOME LOADEDMODULES _LMFILES_ R_LIBS R_LIBS_USER R_LIBS_SITE PERL5LIB
    JAVA_HOME CUDA_HOME CUDA_PATH JULIA_PROJECT JULIA_DEPOT_PATH JULIA_LOAD_PATH
    JUPYTER_PATH JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_PREFER_ENV_PATH IPYTHONDIR
    HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY
    http_proxy https_proxy ftp_proxy all_proxy no_proxy
    SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO NODE_EXTRA_CA_CERTS
    AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
    GOOGLE_CLOUD_PROJECT CLOUDSDK_ACTIVE_CONFIG_NAME AZURE_CONFIG_DIR KUBECONFIG
    """.split()  # noqa: SIM905 - a list to be read
)
PREFIXES = ("LC_", "CONDA_", "MAMBA_", "LMOD_", "XDG_", "OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_")


def allowed(environ: Mapping[str, str], extra: Iterable[str] = ()) -> dict[str, str]:
    """Return the variables of `environ` that a job takes over; `extra` names more of them."""
    wanted = NAMES | set(extra)
    return {
        name: value
        for name, value in environ.items()
        if (name in wanted or name.startswith(PREFIXES)) and _is_text(value)
    }


def _is_text(value: str) -> bool:
    return value.encode("utf-8", "ignore").decode() == value
