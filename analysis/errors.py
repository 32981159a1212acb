"""The one exception of this room: something the user can act on."""


class AnalysisError(Exception):
    """A sweep cannot be analysed; the message is one line that says what to do."""
