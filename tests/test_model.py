from __future__ import annotations

import inspect

from stancelib.linear import LinearModel
from stancelib.model import StanceModel


def test_the_linear_family_keeps_the_contract(model: LinearModel) -> None:
    contract: StanceModel = model
    assert isinstance(contract, LinearModel)
    for name in ("name", "version", "codebook", "thresholds"):
        assert isinstance(inspect.getattr_static(StanceModel, name), property)
        assert getattr(model, name) is not None
    assert set(model.thresholds.types) == set(model.codebook.type_ids)
    assert all(0 < threshold < 1 for threshold in model.thresholds.types.values())
