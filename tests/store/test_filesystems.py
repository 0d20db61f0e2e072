from __future__ import annotations

import pytest

from jobs_ext.store.filesystems import is_network


@pytest.fixture
def mounts(tmp_path):
    (tmp_path / "home" / "my data" / "deep").mkdir(parents=True)
    table = tmp_path / "mounts"
    table.write_text(
        "overlay / overlay rw 0 0\n"
        f"server:/home {tmp_path}/home nfs4 rw,vers=4.2 0 0\n"
        f"/dev/sdb1 {tmp_path}/home/my\\040data ext4 rw 0 0\n"
    )
    return table


def test_the_nearest_mount_decides(tmp_path, mounts):
    assert is_network(tmp_path / "home", mounts)
    assert is_network(tmp_path / "home" / "other", mounts)
    assert not is_network(tmp_path / "home" / "my data" / "deep", mounts)
    assert not is_network(tmp_path, mounts)


def test_a_link_is_followed(tmp_path, mounts):
    (tmp_path / "link").symlink_to(tmp_path / "home")
    assert is_network(tmp_path / "link", mounts)


def test_where_nothing_is_known_the_file_system_counts_as_local(tmp_path):
    assert not is_network(tmp_path, tmp_path / "missing")
