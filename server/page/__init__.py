"""The page: its data, and its HTML, CSS and JavaScript."""
