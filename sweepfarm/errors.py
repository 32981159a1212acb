"""Errors of the command line."""

import click


class UserError(click.ClickException):
    """An error that the user can correct. Shown as one line; exit code 1."""
