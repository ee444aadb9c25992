"""The outage trial: the processes of the service under load, while what they need goes away.

``python -m tests.outage`` (``make outage``) runs web, two workers and a scheduler on PostgreSQL and
Redis. Users read pages and request collections, and printers print. Then processes are killed,
Redis is flushed and stopped, PostgreSQL crashes, and its disk is full. For each it is measured how
long it takes until every collection requested before has ended and a new one has finished. At the
end no job is failed, and every printed page is counted once.
"""
