"""Collection: reads the fleet of a server and processes its feeds."""
