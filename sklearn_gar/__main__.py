"""Run the shell command: ``python -m sklearn_gar``."""

import sys

from sklearn_gar._command.program import main

if __name__ == "__main__":
    # the name of a file or the text of an error may hold what the terminal cannot show
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
