"""Problems: prompts with their tests, and how they are read from a file."""
