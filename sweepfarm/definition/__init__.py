"""What a sweep is before it is run: its file, its values, what is wrong with it."""
