"""A judge that measures: it works offline, and says the same of the same program."""
