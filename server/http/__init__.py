"""HTTP: one file of routes for each part of the protocol, and the application that joins them.

Each of these files ends with a table `ROUTES` of paths and their handlers; `app.py` lists the tables. Every
route requires the API key, because the middleware in `auth.py` checks all requests.
"""
