"""Email notifications: notices, digests and the outbox."""
