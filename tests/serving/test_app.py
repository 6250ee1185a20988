"""The app as an object: once nobody has it, nothing of it is left, the model above all."""

from __future__ import annotations

import gc
import weakref

from models.judge import Judge
from tests.serving.conftest import Place, an_api, state, wait_until


def test_an_app_that_ended_leaves_no_model_behind(place: Place) -> None:
    place.promote()
    judge = judge_of_an_app(place)
    # What serves keeps its objects out of the collector's sight.
    gc.unfreeze()
    gc.collect()
    assert judge() is None


def judge_of_an_app(place: Place) -> weakref.ref[Judge]:
    with an_api(place) as api:
        wait_until(lambda: state(api) == "ready", 60)
        assert api.client.get("/openapi.json").status_code == 200
        model = api.services.watch.serving.model
        assert model is not None
        return weakref.ref(model.judge)
