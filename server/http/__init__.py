"""HTTP: one file of routes for each part of the protocol, and the application that puts them together.

A route file ends with its table `ROUTES`, each path with its handler; `app.py` lists the tables. Every route
requires the API key, because the middleware in `auth.py` is in front of all of them.
"""
