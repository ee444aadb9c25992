"""Background jobs. Arguments are ids and ISO dates; the work is done by services.

Jobs open the session, build the client, read the clock and commit.
"""
