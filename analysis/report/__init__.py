"""The report of a sweep: terminal, JSON, Markdown, HTML page and W&B Report."""
