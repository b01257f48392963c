"""How the inner loops of the likelihoods are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """Compile on first call and keep the machine code on disk, beside the source or in the user's cache folder.

    Division by zero gives infinity or NaN as in NumPy, not an exception.
    """
    return cast(Loop, numba.njit(cache=True, error_model="numpy")(loop))
