from __future__ import annotations

import pytest

from order_engine.contracts.routes import ROUTES, methods_at


@pytest.mark.parametrize("path", ROUTES)
def test_a_path_has_its_own_methods_and_not_those_of_one_that_it_is_an_example_of(path: str) -> None:
    assert methods_at(path.replace("{", "").replace("}", "")) == tuple(ROUTES[path])


@pytest.mark.parametrize("path", ["", "/api", "/api/orders/", "/api/orders/1/2", "/health/", "//health", "/HEALTH"])
def test_other_paths_have_none(path: str) -> None:
    assert methods_at(path) == ()
