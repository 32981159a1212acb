"""Errors of the command line."""

import click


class UserError(click.ClickException):
    """Something the user can mend; shown as one line, exit code 1."""
