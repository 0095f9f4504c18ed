"""Run the shell command: ``python -m sklearn_gar``."""

import sys

from sklearn_gar._command.program import main
from sklearn_gar._command.streams import prepare_streams

if __name__ == "__main__":
    prepare_streams()
    sys.exit(main())
