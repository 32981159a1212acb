"""The judged-code task: the exercises of the code task, each with a teacher's solution."""
