"""A judge that measures programs in the sandbox. Works offline; equal programs get equal verdicts."""
