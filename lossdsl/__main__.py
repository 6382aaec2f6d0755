"""`python -m lossdsl`."""

import sys

from lossdsl.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
