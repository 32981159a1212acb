"""Problems for programs: a prompt with its tests, and how both are read from a file."""
