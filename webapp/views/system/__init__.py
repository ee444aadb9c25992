"""Pages of the operators of the service: its status and its queues."""
