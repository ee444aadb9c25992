"""Releaf counts printed pages and certifies trees for them.

The layers (docs/architecture.md; import-linter checks the imports):

    app, cli      the Flask application, the command line
    views, jobs   open the session, build the client, read the clock, commit
    services      writes; receive ``session, client, today``; never commit
    queries       read-only SELECTs for pages, command line and jobs; never flush or commit
    models        one file per noun; ``printerpoint`` the external API; ``pdf``; ``mail``;
                  ``images`` uploaded images; ``queue``
    db, crypto    the database session, the encrypted column
    errors, settings, clock, filters, domain   exceptions, values and pure rules
"""
