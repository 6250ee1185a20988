"""A service in a process of its own, fed with canaries in every way that it takes words: none comes out where it must
not, which is in any error, log, metric or file of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from cases.identity import Role
from models.artifact import MANIFEST, load_artifact
from tests.privacy.canaries import Canaries, files_under, hits
from tests.serving.conftest import A_VERDICT, Place, a_report, place, small_models
from tests.serving.service_process import ServiceProcess, service_process
from tests.serving.small_model import SmallModel

__all__ = ["place", "small_models"]

pytestmark = pytest.mark.slow

BREAKS = {"channel": "email"}


@dataclass
class Fed:
    """A running service, and what it has answered to what was wrong."""

    service: ServiceProcess
    client: httpx2.Client
    canaries: Canaries
    place: Place
    answers: list[tuple[str, httpx2.Response]]

    def wrong(self, path: str, body: Any, kind: str = "application/json", method: str = "POST") -> httpx2.Response:
        """Send what must be refused, or break."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.client.request(method, path, content=content, headers={"Content-Type": kind})
        self.answers.append((f"{method} {path} {content[:60]!r}", answer))
        return answer

    def right(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def fed(place: Place, tmp_path: Path, canaries: Canaries) -> Iterator[Fed]:
    """Its model breaks on whatever comes by e-mail: not in its files, whose digests are right, but when it judges."""
    promote_a_brittle_model(place, tmp_path)
    key = place.store.add_caller("tests", Role)
    with service_process(place.settings, tmp_path) as service, service.client(key) as client:
        yield Fed(service, client, canaries, place, [])


def promote_a_brittle_model(place: Place, folder: Path) -> None:
    broken = folder / "brittle"
    shutil.copytree(place.models[0].directory, broken, copy_function=os.link)
    blocks = load_artifact(broken).category.blocks_
    [(_, column)] = blocks.signal_columns(["channel=email"])
    weights = broken / "category.safetensors"
    arrays = load_file(weights)
    arrays["weights_"][len(blocks.words_.idf_) + len(blocks.pieces_.idf_) + column] = np.nan
    weights.unlink()
    save_file(arrays, weights)
    manifest = json.loads((broken / MANIFEST).read_text())
    content = weights.read_bytes()
    manifest["files"][weights.name] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    (broken / MANIFEST).unlink()
    (broken / MANIFEST).write_text(json.dumps(manifest))
    sha256 = hashlib.sha256((broken / MANIFEST).read_bytes()).hexdigest()
    shutil.move(broken, place.settings.models_dir / sha256)
    place.store.promote_champion("small", "1", sha256, by="test")


def their_report(canaries: Canaries, **changes: Any) -> dict[str, Any]:
    return a_report(
        external_id=canaries.external_id,
        title=f"About {canaries.title}",
        description=f"I am {canaries.text}.",
        reporter=canaries.reporter,
        attributes={"nickname": canaries.attribute},
        subject_kind="user",
        subject_ref=canaries.subject,
        channel="web",
    ) | changes  # fmt: skip


def test_no_error_log_metric_or_file_of_the_service_holds_a_word(fed: Fed) -> None:
    work_with_their_case(fed)
    send_what_is_wrong(fed)
    break_the_model(fed)
    damage_the_model(fed)
    metrics = fed.client.get("/metrics").text
    others = [fed.client.get(path).text for path in ("/health/live", "/health/ready", "/v1/model", "/openapi.json")]
    assert fed.service.end() == 0
    printed = fed.service.printed()

    # Of a list each item is told for itself, with a problem in its place.
    told = ("unscored", '"problem":{')
    assert [path for path, a in fed.answers if not a.is_error and not any(word in a.text for word in told)] == []
    leaking = [path for path, answer in fed.answers if fed.canaries.found_in(said(answer))]
    assert leaking == []
    assert [text for text in (metrics, printed, *others) if fed.canaries.found_in(text.encode())] == []
    assert "Traceback (messages left out)" in printed, "nothing broke"
    # Temporary files, and all under its home but the record.
    own = [path for path in files_under(fed.service.output.parent) if not path.name.startswith("caseload_test_")]
    assert len(own) > 5
    assert hits(fed.canaries, own) == []


def said(answer: httpx2.Response) -> bytes:
    return answer.content + repr(answer.headers).encode()


def work_with_their_case(fed: Fed) -> None:
    """All that goes well: their words are in the answers to those who may read them, and nowhere else."""
    canaries = fed.canaries
    case_id = fed.right("/v1/cases", their_report(canaries), 201)["case_id"]
    fed.right("/v1/score", {"cases": [{"description": canaries.text, "title": canaries.title}]})
    token = fed.right("/v1/queue/claim", {})["lease"]["token"]
    fed.right(f"/v1/cases/{case_id}/decision", A_VERDICT | {"token": token, "note": canaries.note}, 201)
    fed.right(f"/v1/cases/{case_id}/appeal", {"note": canaries.note})
    other = fed.right("/v1/cases", their_report(canaries, external_id=f"{canaries.external_id}-2", case_ref="r"), 201)
    fed.right("/v1/bulk/decide", A_VERDICT | {"case_ids": [other["case_id"]], "note": canaries.note}, 201)
    events = fed.client.get(f"/v1/cases/{case_id}/events")
    preview = fed.right("/v1/erasures", {"reporter": canaries.reporter})
    assert (preview["erased"], preview["counts"]["identities"]) == (False, 2)
    fed.answers += [("events", _as_error(events))]


def _as_error(answer: httpx2.Response) -> httpx2.Response:
    """To be searched as an error is."""
    return httpx2.Response(500, content=answer.content)


def send_what_is_wrong(fed: Fed) -> None:
    """Too long, of the wrong type, half of it, with names that are none: in each field of each request with words."""
    canaries = fed.canaries
    report = their_report(canaries, external_id=f"{canaries.external_id}-9")
    word = canaries.text
    for wrong in (
        {"description": [word]}, {"description": {"a": word}}, {"title": word * 100},
        {"reporter": [canaries.reporter]},
        {"external_id": canaries.external_id * 30}, {"subject_ref": canaries.subject * 30}, {"source": word * 30},
        {"attributes": {"nickname": [canaries.attribute]}}, {"attributes": {word * 9: 1}}, {"attributes": word},
        {"attributes": {"nickname": canaries.attribute * 100}}, {"received_at": word}, {"channel": [word]},
        {"description": ""}, {"description": "\x00"}, {f"my name is {word}": 1}, {"case_ref": [word]},
        {"source": f"{word}\x00" * 30}, {word: 1}, {f"{word}.name@example.org": 1}, {"attributes": {word: [1]}},
    ):  # fmt: skip
        fed.wrong("/v1/cases", report | wrong)
        fed.wrong("/v1/score", {"cases": [{"description": "x"} | wrong]})
        native = fed.client.post("/score", json={"cases": [{"description": "x"} | wrong]})
        fed.answers.append((f"POST /score {list(wrong)}", _as_error(native)))
    for path in ("/v1/cases", "/v1/score", "/score", "/v1/queue/claim", "/v1/erasures", "/v1/bulk/decide"):
        for body in (f'{{"{word}'.encode(), f'"{word}"'.encode(), f'["{word}"]'.encode(), b"\xff" + word.encode()):
            fed.wrong(path, body)
        fed.wrong(path, f'{{"cases": "{word}"}}'.encode(), kind=f"text/{word}")
    case_id = fed.right("/v1/cases", their_report(canaries, external_id="plain", case_ref="s"), 201)["case_id"]
    lease = fed.right("/v1/queue/claim", {"case_id": case_id})["lease"]
    for wrong in ({"note": [canaries.note]}, {"note": canaries.note * 9_999}, {"token": 0, "note": canaries.note}):
        fed.wrong(f"/v1/cases/{case_id}/decision", A_VERDICT | {"token": lease["token"]} | wrong)
    for path in (f"/v1/cases/{word}", f"/v1/queue?limit={word}", f"/{word}", f"/v1/erasures/{word}"):
        fed.wrong(path, b"", method="GET")
    for body in ({"reporter": [canaries.reporter]}, {"subject_ref": canaries.subject}, {"case_id": word * 9}):
        fed.wrong("/v1/erasures", body)
    fed.wrong(f"/v1/cases/{case_id}/escalate", {"team": f"{word} team", "note": canaries.note})


def break_the_model(fed: Fed) -> None:
    """What is stored or asked makes the model stumble over the case itself."""
    canaries = fed.canaries
    told = {"description": canaries.text, "title": canaries.title, "attributes": {"nickname": canaries.attribute}}
    fed.wrong("/v1/score", {"cases": [told | BREAKS]})
    fed.wrong("/v1/score?explain=true&precedents=3", {"cases": [told | BREAKS]})
    fed.answers.append(("native", _as_error(fed.client.post("/score", json={"cases": [told | BREAKS]}))))
    filed = fed.wrong("/v1/cases", their_report(canaries, external_id="broken", case_ref="b") | BREAKS)
    assert filed.json()["score"] is None


def damage_the_model(fed: Fed) -> None:
    """A file of the model that serves changes under it."""
    [manifest] = fed.place.settings.models_dir.glob(f"*/{MANIFEST}")
    weights = manifest.parent / "category.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    for _ in range(200):
        answer = fed.client.post("/v1/score", json={"cases": [{"description": fed.canaries.text}]})
        if answer.is_error:
            break
    fed.answers.append(("damaged", answer))
    fed.answers.append(
        ("damaged native", _as_error(fed.client.post("/score", json={"cases": [{"description": fed.canaries.text}]})))
    )


def test_the_brittle_model_is_one_that_serves(small_models: tuple[SmallModel, SmallModel]) -> None:
    assert load_artifact(small_models[0].directory).category.blocks_.signal_columns(["channel=email"])
