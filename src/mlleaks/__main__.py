"""``python -m mlleaks``."""

import os
import sys

import mlleaks

if __name__ == "__main__":
    try:
        folder = os.getcwd()  # noqa: PTH109 (pathlib is not loaded yet, and may be another's file of that name)
    except FileNotFoundError:  # it was removed: the command says so
        folder = ""
    home = os.path.dirname(os.path.dirname(mlleaks.__file__))  # noqa: PTH120
    if not sys.flags.safe_path and sys.path[0] == folder != home:
        del sys.path[0]  # put there by ``-m``: a file in it must not stand in for a library

    from mlleaks.cli import main

    main()
