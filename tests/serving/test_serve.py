from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cases.errors import InvalidInputError, NotMigratedError, TaxonomyError
from cases.identity import Role
from cases.settings import load_settings
from serving.serve import listening_socket, serve
from tests.serving.conftest import A_VERDICT, Place, a_report
from tests.serving.service_process import service_process

CANARY = "canary-77aa01"


def test_a_port_that_is_taken_is_said_before_anything_is_started(place: Place) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(InvalidInputError, match=rf"got {taken}") as caught:
            serve(load_settings(home=place.settings.home, port=taken))
    assert caught.value.field == "port"


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid", "::zz"])
def test_a_host_that_is_none_of_this_machine(host: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        listening_socket(host, 0)
    assert caught.value.field == "host"


def test_a_name_is_as_good_as_an_address() -> None:
    with closing(listening_socket("localhost", 0)) as bound:
        assert bound.getsockname()[0] in ("127.0.0.1", "::1")


def test_a_record_that_is_not_migrated_keeps_it_from_starting(tmp_path: Path) -> None:
    with pytest.raises(NotMigratedError):
        serve(load_settings(home=tmp_path, port=_free()))


def test_a_policy_that_is_not_valid_keeps_it_from_starting(place: Place, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: one\n")

    with pytest.raises(TaxonomyError):
        serve(load_settings(home=tmp_path, database_url=place.settings.database_url, taxonomy=policy, port=_free()))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_and_leaves_nobody_behind(place: Place, tmp_path: Path, number: int) -> None:
    with service_process(place.settings, tmp_path, ready=False) as service:
        children = _children(service.process.pid)
        assert service.end(number) == 0
        assert "ended in order" in service.printed()
    assert children == []


@pytest.mark.slow
def test_bentomls_client_and_the_api_go_through_one_batcher(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    sha256 = place.promote()
    script = """
import bentoml, json, sys
with bentoml.SyncHTTPClient(sys.argv[1], token=sys.argv[2]) as client:
    print(json.dumps(client.score(cases=json.loads(sys.argv[3]))))
"""
    with service_process(place.settings, tmp_path) as service, service.client(key) as client:
        cases = json.dumps([{"description": "A stolen lecture.", "case_ref": "n"}, {"title": CANARY}])
        native = subprocess.run(
            [sys.executable, "-c", script, service.url, key, cases], capture_output=True, text=True, check=True
        )
        good, bad = json.loads(native.stdout)
        api = client.post("/v1/score", json={"cases": [{"description": "A stolen lecture."}] * 40}).json()["scores"]
        metrics = client.get("/metrics").text

        assert good["model"]["sha256"] == sha256
        assert [c["category"] for c in good["categories"]] == [c["category"] for c in api[0]["categories"]]
        assert bad["problem"]["errors"] == [{"field": "description", "message": "Field required"}]
        # The native client's, and the forty of the mounted API as thirty-two and eight.
        assert _batches(metrics) == 3


# BentoML's own import uses what pathspec and pydantic have deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_batch_is_held_back_for_more_to_come_however_long_the_last_ones_waited() -> None:
    from serving.service import Eager

    estimate = Eager(60.0)
    for cases in range(1, 20):
        estimate.log_outbound(n=cases, wait=0.3, duration=0.02 * cases + 0.01)
    estimate.trigger_refresh()

    assert estimate.wait == 0
    assert estimate.o_a == pytest.approx(0.02)


@pytest.mark.slow
def test_bentomls_own_routes_need_a_key_and_its_pages_are_gone(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    with service_process(place.settings, tmp_path, ready=False) as service, service.client(key) as client:
        native, nobody = {"cases": [{"description": "x"}]}, {"Authorization": ""}
        refused = [client.get(path, headers=nobody) for path in ("/schema.json", "/metrics", "/docs.json", "/")]
        refused.append(client.post("/score", json=native, headers=nobody))
        admin = {"Authorization": f"Bearer {place.store.add_caller('admin', [Role.ADMIN])}"}
        assert client.post("/score", json=native, headers=admin).json()["code"] == "forbidden"

        assert {answer.status_code for answer in refused} == {401}
        # Ours, which asks who is there, in place of BentoML's.
        assert client.get("/", headers={"Accept": "text/html"}).status_code == 401
        assert client.get("/livez", headers=nobody).status_code == 200
        # Nothing was promoted: BentoML's own readiness says so too.
        assert client.get("/readyz", headers=nobody).status_code == 503
        assert client.post("/score", json=native).json()[0]["problem"]["code"] == "model_missing"


@pytest.mark.slow
def test_nothing_that_was_sent_is_printed_whatever_goes_wrong(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    place.promote()
    with service_process(place.settings, tmp_path) as service, service.client(key) as client:
        client.post("/v1/cases", json=a_report(description=CANARY, title=CANARY, reporter=CANARY))
        for path, body in [
            ("/score", {"cases": CANARY}),
            ("/score", {"cases": [CANARY]}),
            ("/score", {"cases": [{"description": [CANARY]}]}),
            ("/score", CANARY),
            ("/v1/score", {"cases": [CANARY]}),
            ("/v1/score", {"cases": [{"description": {"x": CANARY}}]}),
            ("/v1/cases", a_report(description=[CANARY])),
            ("/v1/queue/claim", {"holder": [CANARY]}),
            (f"/v1/cases/{CANARY}/decision", A_VERDICT | {"token": 1, "note": CANARY}),
        ]:
            answer = client.post(path, json=body)
            assert CANARY not in answer.text, path
        for kind in ("application/json", "application/vnd.bentoml+pickle", "text/plain", "multipart/form-data"):
            for path in ("/score", "/v1/score"):
                answer = client.post(path, content=f'{{"{CANARY}'.encode(), headers={"Content-Type": kind})
                assert answer.is_error
                assert CANARY not in answer.text
        assert CANARY not in client.get("/metrics").text
        assert service.end() == 0
        assert "listening at" in service.printed()
        assert CANARY not in service.printed()


@pytest.mark.slow
def test_neither_torch_nor_mlflow_is_loaded_and_no_host_is_looked_up(place: Place, tmp_path: Path) -> None:
    place.promote()
    script = """
import socket, sys
looked_up = []
real = socket.getaddrinfo
def watched(host, *args, **kwargs):
    if host not in ("127.0.0.1", "localhost", None):
        looked_up.append(host)
        raise socket.gaierror("no network")
    return real(host, *args, **kwargs)
socket.getaddrinfo = watched
from cases.settings import load_settings
from serving.service import build_service
from starlette.testclient import TestClient
import time
with TestClient(build_service(load_settings()).to_asgi()) as client:
    while client.get("/health/ready").status_code != 200:
        time.sleep(0.05)
print(sorted({"torch", "mlflow", "sentence_transformers"} & sys.modules.keys()), looked_up)
"""
    environment = {
        "PATH": "",
        "HOME": str(tmp_path),
        "CASELOAD_HOME": str(place.settings.home),
        "CASELOAD_DATABASE_URL": place.settings.database_url,
        "BENTOML_HOME": str(tmp_path / "bentoml"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip().splitlines()[-1:] == ["[] []"], done.stderr


def _batches(metrics: str) -> int:
    """How many batches BentoML's own dispatcher let go."""
    [line] = [line for line in metrics.splitlines() if line.startswith("bentoml_service_adaptive_batch_size_count")]
    return int(float(line.rsplit(" ", 1)[1]))


def _children(pid: int) -> list[int]:
    import psutil  # type: ignore[import-untyped,unused-ignore]  # ships no types

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
