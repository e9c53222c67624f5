"""Rows of facts: what happened or held, when, and what is told of it."""


class Row:
    """One fact. `at` is its instant, `until` when it stopped being so; fields that are not told are None."""

    def __init__(self, at, **fields):
        self.at = at
        self.__dict__.update(fields)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return None

    def copy(self):
        """Another row of the same."""
        return Row(**self.__dict__)
