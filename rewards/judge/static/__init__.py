"""A judge that measures programs in the sandbox. It works offline, and equal programs get equal verdicts."""
