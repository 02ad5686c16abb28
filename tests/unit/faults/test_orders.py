"""An order reaches a worker at its point, once."""

from pathlib import Path

import pytest

from faults.orders import ACTIONS, Ordered, Orders


@pytest.fixture
def orders(tmp_path: Path) -> Orders:
    return Orders(tmp_path / "route-0.order")


def test_without_an_order_nothing_happens(orders: Orders) -> None:
    orders.obey("consumed")
    assert not orders.open


def test_an_order_is_carried_out_at_its_point_after_its_passes(orders: Orders) -> None:
    orders.give("fail", "produced", passes=2)
    for point in ("consumed", "produced", "committed", "produced", "acknowledged"):
        orders.obey(point)
    assert orders.open
    with pytest.raises(Ordered):
        orders.obey("produced")
    assert not orders.open
    orders.obey("produced")


def test_an_order_given_again_counts_its_passes_anew(orders: Orders) -> None:
    for _ in range(2):
        orders.give("fail", "produced", passes=1)
        orders.obey("produced")
        with pytest.raises(Ordered):
            orders.obey("produced")


def test_a_withdrawn_order_is_not_carried_out(orders: Orders) -> None:
    orders.give("kill", "produced")
    orders.withdraw()
    orders.obey("produced")
    assert set(ACTIONS) >= {"kill", "stop", "fail"}
