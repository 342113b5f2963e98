"""The pytest fixture ``assert_stance_quality``; pytest finds it by itself where stancelib is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from stancelib.evaluation.run import Evaluation


@pytest.fixture(scope="session")
def assert_stance_quality() -> Callable[..., Evaluation]:
    """Return ``stancelib.testing.assert_stance_quality``: evaluate a model, and fail where a gate does."""
    from stancelib.testing import assert_stance_quality as check  # noqa: PLC0415 - only tests that ask for it pay for it

    return check
