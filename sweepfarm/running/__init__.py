"""A sweep that runs: registered, worked on, waited for, confirmed."""
