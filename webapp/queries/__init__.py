"""Read-only SELECTs for pages, command line and jobs. They never flush or commit."""
