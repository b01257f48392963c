"""`clv app`: the app in the browser, from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

import clv

PACKAGE = Path(clv.__file__).parent
# In an installation the screens lie inside the package; in the project's own folder, beside it.
SCRIPTS = (PACKAGE / "studio" / "app.py", PACKAGE.parent / "app.py")


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where it answers (default: 8501, or the next free one)."
)
@click.option("--no-browser", is_flag=True, help="Only say the address.")
@click.argument("streamlit_options", metavar="[-- STREAMLIT_OPTION...]", nargs=-1, type=click.UNPROCESSED)
def app(port: int | None, no_browser: bool, streamlit_options: tuple[str, ...]) -> None:
    """Open the app with the sample shop in the browser, on this machine only.

    Its settings lie beside it; further ones of Streamlit go behind two dashes: clv app -- --server.maxUploadSize 4096
    """
    script = next(path for path in SCRIPTS if path.is_file())
    # -P: a file of the user's own in this folder, random.py say, is no part of the app.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(script)]
    command += ["--server.port", str(port)] if port else []
    command += ["--server.headless", "true"] if no_browser else []
    command += streamlit_options
    if sys.platform == "win32":
        # There a program that takes another's place lets go of the terminal.
        sys.exit(subprocess.call(command))
    os.execv(sys.executable, command)
