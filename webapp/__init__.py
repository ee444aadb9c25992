"""Releaf: printed pages become reforestation that can be proved.

The map of the rooms (who may import whom is held by import-linter):

    app, cli      the only wiring: the Flask application, the command line
    views, jobs   edges: they open the session, build the client, read the clock
    services      what the service does; receive ``session, client, today``; never commit
    queries       read-only SELECTs for pages, command line and jobs; never flush or commit
    models        one noun, one file; ``printerpoint`` the API we read; ``pdf``; ``mail``;
                  ``logos`` pictures that people upload; ``queue``
    db, crypto    the database session, the encrypted column
    errors, settings, clock, filters, domain   exceptions, values and pure rules
"""
