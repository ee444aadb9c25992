"""Pages of partners, customers and operations, which require a login."""
