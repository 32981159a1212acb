"""The page: what the sweeps and runs look like, served without a build step or outside addresses."""
