"""``python -m mlleaks``."""

from mlleaks.cli import main

if __name__ == "__main__":
    main()
