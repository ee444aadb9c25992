"""The background jobs: each is a translation, ids and ISO dates in, service calls out.

They are edges: they open the session, build the client, read the clock and commit.
"""
