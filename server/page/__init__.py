"""The page: the data it shows, and its HTML, CSS and JavaScript."""
