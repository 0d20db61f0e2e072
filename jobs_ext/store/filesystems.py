"""What kind of file system a folder lies on: SQLite's write-ahead log needs a local one."""

from __future__ import annotations

from pathlib import Path

_NETWORK = frozenset(
    """
    nfs nfs4 cifs smb3 smbfs 9p afs beegfs ceph fhgfs gpfs lustre glusterfs fuse.glusterfs
    fuse.sshfs fuse.s3fs ocfs2 pvfs2 panfs
    """.split()  # noqa: SIM905 - a list to be read
)


def is_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Tell whether a folder lies on a network file system; where it can't be known, it does not."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:  # not Linux
        return False
    real = folder.resolve()
    kinds = {}
    for line in lines:
        _device, point, kind, *_rest = line.split(" ")
        kinds[point.replace("\\040", " ")] = kind
    nearest = next((str(p) for p in (real, *real.parents) if str(p) in kinds), "")
    return kinds.get(nearest, "") in _NETWORK
