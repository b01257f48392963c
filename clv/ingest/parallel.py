"""Work on several things at a time, the results in their order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

# More would only take memory: what is worked on comes from one file or one query.
WORKERS = max(2, min(4, os.cpu_count() or 2))

Item = TypeVar("Item")
Result = TypeVar("Result")


def parallel_map(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """What `work` makes of each item, in their order; threads work on some while the next ones are fetched here."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(WORKERS) as workers:
        for item in items:
            if len(waiting) == 2 * WORKERS:
                yield waiting.popleft().result()
            waiting.append(workers.submit(work, item))
        while waiting:
            yield waiting.popleft().result()
