"""A sweep's report: terminal, JSON, Markdown and HTML page."""
