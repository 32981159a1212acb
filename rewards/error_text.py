"""Errors as one line of text, for messages and logs."""


def one_line(error: BaseException) -> str:
    """Class and message of `error` on one line: `Class: message`."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")


def first_line(error: BaseException) -> str:
    """First line of the message of `error`; the name of its class where the message is empty."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
