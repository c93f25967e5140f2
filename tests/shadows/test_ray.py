"""Shadows on a real Ray cluster of two nodes on this machine."""

from __future__ import annotations

import json
import signal
import threading
import time
import warnings
from dataclasses import replace

import numpy as np
import pytest

import mlleaks
from mlleaks.data.membership_plan import plan_members
from mlleaks.models import MLPTrainer
from mlleaks.outputs.signals import whole
from mlleaks.seeds import Seeds
from mlleaks.shadows import RayCluster, train_shadows
from mlleaks.shadows.job import ShadowJob
from mlleaks.shadows.worker import train_part

ray = pytest.importorskip("ray")
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Ray's own
    pytest.mark.service,
]
MLP = MLPTrainer(epochs=8, batch=50)


@pytest.fixture(scope="module")
def data():
    return mlleaks.load_dataset("digits").take(np.arange(300))


@pytest.fixture(scope="module")
def cluster():
    """A head with one core, and a node with another."""
    from ray.cluster_utils import Cluster

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        made.add_node(num_cpus=1)
        made.wait_for_nodes()
        yield made
        made.shutdown()


def trained(folder, data, *, trainer=MLP, models=6, **more):
    made = plan_members(len(data), models, np.random.default_rng(0))
    shadows = train_shadows(trainer, data, made, Seeds(0), folder=folder, **more)
    return np.stack([shadows.answers(i) for i in range(models)])


class Marking:
    """A trainer that says where it has begun, and takes its time."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, data, rng):
        node = ray.get_runtime_context().get_node_id()
        (self.folder / f"{node}-{rng.bit_generator.seed_seq.entropy[-1]}").touch()
        time.sleep(1.0)
        return MLP(data, rng)


def test_the_same_numbers_as_in_process(cluster, data, tmp_path):
    here = trained(tmp_path / "here", data)
    there = trained(tmp_path / "there", data, backend=RayCluster(address=cluster.address), group_size=2)
    np.testing.assert_allclose(there, here, atol=1e-5)


def test_a_node_killed_in_mid_run_changes_no_number(cluster, data, tmp_path):
    second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    marks = tmp_path / "marks"
    marks.mkdir()

    def kill():
        while not list(marks.glob(f"{second.node_id}-*")):
            time.sleep(0.02)
        cluster.remove_node(second, allow_graceful=False)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    backend = RayCluster(address=cluster.address)
    there = trained(tmp_path / "there", data, trainer=Marking(marks), backend=backend)
    killer.join(timeout=10)
    assert not killer.is_alive()
    started = [mark.name.partition("-")[2] for mark in marks.iterdir()]
    assert len(started) > len(set(started)) == 6  # the lost shadow was begun twice
    np.testing.assert_allclose(there, trained(tmp_path / "here", data), atol=1e-5)


def naps(folder, part):
    (folder / str(part)).touch()
    time.sleep(3)
    if part == 0:
        raise mlleaks.ModelError("no", expected="yes", fix="Nothing.")
    (folder / f"{part} done").touch()


def begun(folder):
    return len([mark for mark in folder.iterdir() if mark.name.isdigit()])


def test_tasks_that_nobody_waits_for_are_cancelled(cluster, tmp_path):
    """Also where the connection was there before, and stays."""
    ray.init(address=cluster.address, logging_level="ERROR", log_to_driver=False)
    try:
        with RayCluster(address=cluster.address).open() as workers:
            rounds = workers.run(naps, tmp_path, range(12))
            with pytest.raises(mlleaks.ModelError, match="got no"):
                list(rounds)
        before = begun(tmp_path)
        time.sleep(7)
        assert (
            begun(tmp_path) <= before + 2 < 12
        )  # each node may have begun one more; going on, they begin four
    finally:
        ray.shutdown()


def refuses(data, rng):
    raise mlleaks.ModelError("no", expected="yes", fix="Nothing.")


def test_an_error_of_a_task_is_the_error_of_the_call(cluster, data, tmp_path):
    with pytest.raises(mlleaks.ModelError, match=r"^got no \(shadow model \d\); expected yes"):
        trained(tmp_path, data, trainer=refuses, backend=RayCluster(address=cluster.address))


def test_a_cluster_without_a_gpu_is_refused(cluster, data, tmp_path):
    backend = RayCluster(address=cluster.address, gpus=1)
    with pytest.raises(mlleaks.InputError, match="1 CPU and 0 GPU; .* expected a node with 1 CPU and 1 GPU"):
        trained(tmp_path, data, backend=backend)


def test_a_cluster_of_another_version_is_refused(cluster, data, tmp_path):
    """Ray compares what the cluster says of itself with what is installed here; let it say something else."""
    from ray._private import ray_constants
    from ray._raylet import GcsClient

    client = GcsClient(address=cluster.address)
    place = (b"CLUSTER_METADATA", ray_constants.KV_NAMESPACE_CLUSTER)
    honest = client.internal_kv_get(*place)
    client.internal_kv_put(
        place[0], json.dumps(json.loads(honest) | {"ray_version": "1.0"}).encode(), True, place[1]
    )
    try:
        with pytest.raises(mlleaks.InputError, match="no usable Ray cluster .*Version mismatch"):
            trained(tmp_path, data, backend=RayCluster(address=cluster.address))
    finally:
        client.internal_kv_put(place[0], honest, True, place[1])


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid:6379", "gibberish"])
def test_a_cluster_that_is_not_there_is_refused(data, tmp_path, address):
    with pytest.raises(mlleaks.InputError, match=f"no usable Ray cluster at '{address}'"):
        trained(tmp_path, data, backend=RayCluster(address=address))
    assert not list(tmp_path.iterdir())


def test_a_worker_of_another_version_is_refused(data):
    job = ShadowJob(
        MLP, data, data, whole, plan_members(300, 2, np.random.default_rng(0)), Seeds(0), {"numpy": "0.1"}
    )
    with pytest.raises(mlleaks.ModelError, match=r"a worker with numpy .*, not 0\.1"):
        train_part(job, [0])
    train_part(replace(job, versions={"numpy": np.__version__}), [0])


def test_the_program_keeps_its_own_handler_of_sigterm(cluster):
    before = signal.getsignal(signal.SIGTERM)
    with RayCluster(cluster.address).open():
        assert signal.getsignal(signal.SIGTERM) is before
