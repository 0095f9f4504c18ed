"""A run that the user stops."""


def stopped_in_the_third(run):
    """The function that trains a cell, with Ctrl-C in its third call."""
    calls = []

    def stopped(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return run(*arguments)
    return stopped
