"""``python -m flatnet``: the same as the command ``flatnet``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
