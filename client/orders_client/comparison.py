"""Compare the values that an order shows with recomputed ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison.

    Args:
        field: where the value stands: in an event's data (``confirmed.fee``) or in the order itself (``order.fee``).
        told: the value that stands there; None where there is none.
        recomputed: the value that should; None where the rest of the order does not allow to recompute it.
    """

    field: str
    told: str | None
    recomputed: str | None
    right: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """All comparisons of one receipt. A value that was altered precedes those that are wrong because of it."""

    order_id: str
    checks: tuple[Check, ...]

    @property
    def wrong(self) -> list[str]:
        """The fields that are not what they should be; none of a receipt that is right."""
        return [check.field for check in self.checks if not check.right]


def compare(field: str, told: object, recomputed: object) -> Check:
    """Compare a value with what it should be."""
    return Check(field, _text(told), _text(recomputed), agree(told, recomputed))


def compare_all(told: Mapping[str, object]) -> Iterator[Check]:
    """Compare values that have to be the same with the most frequent of them."""
    expected = most_frequent(told.values())
    return (compare(field, value, expected) for field, value in told.items())


def most_frequent(values: Iterable[object]) -> str | None:
    """Return what most of the values are, as text; of equally frequent ones the first."""
    counts = Counter(_text(value) for value in values if value is not None)
    return max(counts, key=lambda value: counts[value], default=None)


def agree(told: object, recomputed: object) -> bool:
    """Whether both are there and equal, as numbers or as text: 1.50 is 1.5."""
    left, right = _text(told), _text(recomputed)
    if left is None or right is None:
        return False
    try:
        return left == right or Decimal(left) == Decimal(right)
    except InvalidOperation:
        return False


def _text(value: object) -> str | None:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return None if value is None else str(value)
