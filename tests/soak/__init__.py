"""The fault test: a simulated quarter of the real processes under all faults.

``python -m tests.soak`` (``make soak``) drives workers and schedulers, a Redis-compatible server
and a database through 92 days in several time zones while the sandbox fails, agents fall silent,
printers are reset, replaced and moved, and processes are killed. At its end every page must be
where a fault-free run of the same fleet puts it, and where the sandbox's own record has
it.

How time passes: all processes, the Redis-compatible server included, run under libfaketime with
one file that has an offset. Moving it is what a suspended machine sees on waking: heartbeats
and expiry dates lapse, registered jobs fall due, long-running processes remain. A worker started
for every simulated night would be simpler, but would never see a leap of the clock, a lock left
behind by a killed process, or a night that another process began days ago.

The plan of the faults comes from the seed and is the same on every run. Which instruction a kill
hits is up to the machine; how many hit a process at work, or in mid-collection, is reported.
"""
