"""Errors of the command line."""

import click


class UserError(click.ClickException):
    """Something the user can mend; shown as one line, exit code 1."""

    def show(self, file: object = None) -> None:
        """Print the line to standard error."""
        click.echo(f"sweepfarm: {self.format_message()}", err=True)
