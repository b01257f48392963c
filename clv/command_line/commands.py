"""The commands: each a file beside this one, loaded when it is asked for; what may go wrong in any ends in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from clv.command_line.answers import refuse

# Each is the command of that name in the module of that name.
NAMES = ("check", "score", "backtest", "app")


class Commands(click.Group):
    """Commands that are loaded when they are asked for, and that end in a sentence where a disk is full."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order in which one needs them."""
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None where there is none."""
        if cmd_name not in NAMES:
            return None
        command: click.Command = getattr(import_module(f"clv.command_line.{cmd_name}"), cmd_name)
        return command

    def main(self, args: Sequence[str] | None = None, **settings: Any) -> Any:  # type: ignore[override]
        """Run the command that the arguments name."""
        try:
            return super().main(args, **settings)
        except Exception as error:
            # Loaded here: the readers take a second of every start.
            from clv.ingest.errors import disk_full_problem

            problem = disk_full_problem(error)
            if problem is None:
                raise
            refuse(str(problem))
