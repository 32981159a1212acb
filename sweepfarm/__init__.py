"""The command line: collects the verbs of every room and imports each only when it is used."""
