"""Keep the history in Postgres up to date with the order stream."""

from __future__ import annotations

from collections.abc import Sequence

from order_engine.application.ports import History, PublishedCounts
from order_engine.domain.order import Order


def record_history(history: History, counts: PublishedCounts, images: Sequence[Order]) -> int:
    """Fold a batch of order images into the history and publish the new counts; return the number of orders.

    Only the newest image of each order matters, as it holds all events so far.

    Raises:
        DependencyUnavailable: nothing or everything was written; the batch may be delivered again.
    """
    newest: dict[str, Order] = {}
    for image in images:
        if image.id not in newest or newest[image.id].version < image.version:
            newest[image.id] = image
    if newest:
        counts.publish(history.record(list(newest.values())))
    return len(newest)


def recount_history(history: History, counts: PublishedCounts) -> None:
    """Count the orders anew and publish that: the end of a rebuild, as lost rows were never counted down.

    Raises:
        DependencyUnavailable: do it again.
    """
    counts.publish(history.recount())
