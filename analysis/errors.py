"""The exception of this room, for errors that the user can act on."""


class AnalysisError(Exception):
    """A sweep or run cannot be analysed. The message is one line that says why and what to do."""
