"""Compiled searches and sweeps: int32 milliseconds in, int32 milliseconds out, no tables and no names.

Only `siting.network.engine` and its neighbours import this room, and only when a job is large enough
to pay for numba.
"""
