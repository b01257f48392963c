"""The commands as a whole: what may go wrong in any of them ends in a sentence."""

from __future__ import annotations

from typing import Any

import click
import duckdb

from clv.command_line.answers import refuse
from clv.ingest.errors import disk_full_problem


class Commands(click.Group):
    """Commands that end in a sentence where a disk is full."""

    def main(self, *arguments: Any, **settings: Any) -> Any:
        """Run the command that the arguments name."""
        try:
            return super().main(*arguments, **settings)
        except (OSError, duckdb.Error) as error:
            problem = disk_full_problem(error)
            if problem is None:
                raise
            refuse(str(problem))
