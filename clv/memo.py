"""Values that are costly to compute, kept for whoever asks next: computed once for each key, within a bound of memory."""

from __future__ import annotations

import functools
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from threading import Lock
from typing import Any, TypeVar, cast, overload

import numpy as np
import pandas as pd
import pyarrow as pa

Value = TypeVar("Value")

MOST_BYTES = 2**30
# Objects of these packages are looked into; whatever else is no array counts as Python counts it.
LOOKED_INTO = ("clv", "sklearn")


class Memo:
    """A bounded cache with a lock for each key.

    A value in the making blocks only those who ask for the same value. When the values, each with all that hangs on it,
    add up to more than the bound, those that nobody has asked for the longest go; the newest stays whatever its size.

    Parameters
    ----------
    most_bytes : bound of the memory that the values take.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._sizes: dict[
            Hashable, int
        ] = {}  # counted once: to walk all values for each new one would take long
        self._making: dict[Hashable, Lock] = {}
        self._guard = Lock()  # held for moments only, never while a value is made

    def once(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of the key, made now if nobody has asked for it; what ``make`` raises is not kept."""
        with self._guard:
            if key in self._values:
                return self._known(key)
            making = self._making.setdefault(key, Lock())
        with making:
            with self._guard:
                if key in self._values:
                    return self._known(key)
            try:
                value = make()
                size = bytes_held([value])
                with self._guard:
                    self._keep(key, value, size)
            finally:
                with self._guard:
                    self._making.pop(key, None)
        return value

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

    @property
    def nbytes(self) -> int:
        """Memory that the values take together; what several of them share counts once."""
        with self._guard:
            return bytes_held(self._values.values())

    def _known(self, key: Hashable) -> Any:
        self._values.move_to_end(key)
        return self._values[key]

    def _keep(self, key: Hashable, value: object, size: int) -> None:
        self._values[key], self._sizes[key] = value, size
        while len(self._values) > 1 and sum(self._sizes.values()) > self.most_bytes:
            oldest, _ = self._values.popitem(last=False)
            del self._sizes[oldest]


def bytes_held(values: Iterable[object]) -> int:
    """Bytes of arrays, frames and what else hangs on the values; what hangs on several of them counts once."""
    held, seen, waiting = 0, set[int](), list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, np.ndarray) and isinstance(value.base, np.ndarray):
            value = value.base  # a view takes no memory, but keeps all of its base
        if id(value) in seen or isinstance(value, type) or callable(value):
            continue
        seen.add(id(value))
        held += _own_bytes(value)
        waiting += _parts(value)
    return held


def _own_bytes(value: object) -> int:
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage().sum())
    if isinstance(value, pd.Series):
        return int(value.memory_usage())
    if isinstance(value, np.ndarray | pd.Index | pa.Table | pa.ChunkedArray | pa.Array):
        return int(value.nbytes)
    return sys.getsizeof(value)


def _parts(value: object) -> list[object]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    is_ours = type(value).__module__.partition(".")[0] in LOOKED_INTO
    return list(vars(value).values()) if is_ours and hasattr(value, "__dict__") else []


class cached_property(functools.cached_property[Value]):  # noqa: N801
    """``functools.cached_property`` without its lock, which before Python 3.12 all instances of a class share.

    Two threads that ask at once may both compute the value, which is the same.
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> cached_property[Value]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Value: ...
    def __get__(self, instance: object, owner: type[Any] | None = None) -> cached_property[Value] | Value:
        if instance is None:
            return self
        values, name = vars(instance), cast(str, self.attrname)
        if name not in values:
            values[name] = self.func(instance)
        return cast(Value, values[name])
