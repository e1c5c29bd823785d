"""One lab for the whole run; a master, agents and a grid of its own for each test.

KONTENA_E2E_KEEP=1 leaves the lab up at the end, KONTENA_BIN says where the programs are.
"""

import os
import pathlib
import tempfile

import pytest

from harness import BIN, Cluster, Lab, remove_tree


@pytest.fixture(scope="session")
def lab():
    for program in ("kontena-master", "kontena-agent", "kontena"):
        assert (BIN / program).exists(), f"{BIN / program} is missing; scripts/build.sh makes it"
    lab = Lab(os.environ.get("LAB_ID", "e2e"), os.environ.get("LAB_SUBNET", "10.98.0.0/24"))
    yield lab
    if not os.environ.get("KONTENA_E2E_KEEP"):
        lab.down()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    cluster = item.funcargs.get("cluster") if hasattr(item, "funcargs") else None
    if cluster is not None and report.when in ("setup", "call") and report.failed:
        report.sections += cluster.diagnosis()


@pytest.fixture
def cluster(lab):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kontena-e2e-"))
    cluster = Cluster(lab, folder)
    try:
        cluster.start()
    except Exception as error:
        text = "\n".join(f"== {title}\n{body}" for title, body in cluster.diagnosis())
        cluster.end()
        lab.reset()
        remove_tree(folder)
        raise AssertionError(f"the cluster did not start: {error}\n{text}") from error
    yield cluster
    cluster.end()
    lab.reset()
    remove_tree(folder)
