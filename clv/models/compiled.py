"""How the inner loops of the likelihoods are compiled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache

Loop = TypeVar("Loop", bound=Callable[..., Any])


class OptionalCache(FunctionCache):
    """Machine code on disk; where it cannot be read or written it is compiled anew, and nothing else changes."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The machine code for these argument types, or None."""
        with suppress(OSError):
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the machine code for these argument types, where there is room for it."""
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


def compiled(loop: Loop) -> Loop:
    """Compile on first call and keep the machine code on disk, beside the source or in the user's cache folder.

    Where neither can be written, each start compiles anew. Division by zero gives infinity or NaN as in NumPy, not an
    exception. The interpreter's lock is let go meanwhile, so that a long fit holds up no other thread.
    """
    dispatcher: Any = numba.njit(error_model="numpy", nogil=True)(loop)
    # What cache=True does, which would raise where no folder can be written.
    with suppress(RuntimeError):
        dispatcher._cache = OptionalCache(loop)  # type: ignore[no-untyped-call]
    return cast(Loop, dispatcher)
