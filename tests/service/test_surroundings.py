from __future__ import annotations

import pytest

from jobs_ext.service.surroundings import ends_with


@pytest.fixture
def machine(tmp_path):
    """Makes the files of a machine whose processes are in the given control group."""

    def machine_(group="0::/user.slice/user-1000.slice/session-2.scope", mark=None):
        (tmp_path / "proc" / "self").mkdir(parents=True)
        (tmp_path / "proc" / "self" / "cgroup").write_text(group + "\n")
        if mark:
            (tmp_path / mark).parent.mkdir(exist_ok=True)
            (tmp_path / mark).touch()
        return tmp_path

    return machine_


def test_a_login_session_ends_nothing(machine):
    assert ends_with(machine(), {}) == ""


def test_a_machine_without_control_groups(tmp_path):
    assert ends_with(tmp_path, {}) == ""


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_a_container_by_its_mark(machine, mark):
    assert ends_with(machine(mark=mark), {}) == "the container of this server"


@pytest.mark.parametrize("variable", ["container", "KUBERNETES_SERVICE_HOST"])
def test_a_container_by_its_environment(machine, variable):
    assert ends_with(machine(), {variable: "x"}) == "the container of this server"


def test_a_system_service(machine):
    group = "0::/system.slice/jupyter-ada.service"
    assert ends_with(machine(group), {}) == "the service jupyter-ada.service"


def test_a_users_own_session_manager_is_no_such_service(machine):
    group = "0::/user.slice/user-1000.slice/user@1000.service"
    assert ends_with(machine(group), {}) == ""


def test_a_cluster_job(machine):
    assert ends_with(machine(), {"SLURM_JOB_ID": "12"}) == "the Slurm job 12"
