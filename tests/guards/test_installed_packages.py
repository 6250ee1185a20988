from __future__ import annotations

from tests.guards.installed_packages import complaints, installed_versions, locked_versions


def test_what_is_installed_is_what_the_lock_names_and_holds_no_cuda():
    assert complaints(locked_versions(), installed_versions()) == []


def test_a_cuda_package_is_a_complaint_wherever_it_comes_from():
    assert complaints({}, {"nvidia-cublas-cu12": "12.1"}) == ["nvidia-cublas-cu12: a CUDA package; remove it"]
    assert complaints({"triton": "3.0"}, {"triton": "3.0"})[-1] == "triton: a CUDA package in the lock"


def test_a_package_at_another_version_is_a_complaint():
    assert complaints({"numpy": "2.4.6"}, {"numpy": "2.0.0"}) == [
        "numpy: locked at 2.4.6, installed 2.0.0; run make install"
    ]


def test_a_local_build_of_the_locked_version_is_none():
    assert complaints({"torch": "2.13.0"}, {"torch": "2.13.0+cpu"}) == []
