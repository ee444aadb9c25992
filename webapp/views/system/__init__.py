"""Pages of operations: system status and queues."""
