"""The command line: clv check FILE..., clv score FILE... --out customers.csv, clv app; python -m clv is the same."""

from __future__ import annotations

import sys

import click

from clv import __version__
from clv.command_line.commands import Commands
from clv.command_line.stopping import STOPPED, stop_on_interrupt


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="clv %(version)s")
def main() -> None:
    """Customer lifetime value, churn risk and segments from a file or a database of orders."""


def run(name: str = "clv") -> None:
    """Run the command line as the program of that name."""
    # Before the libraries load, which takes a second or two.
    stop_on_interrupt()
    try:
        main(prog_name=name)
    except RuntimeError as error:
        # What the engine makes of a Ctrl-C while it computes.
        if "interrupted" in str(error).lower():
            sys.exit(STOPPED)
        raise


if __name__ == "__main__":
    run("python -m clv")
