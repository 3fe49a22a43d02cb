"""Decides. Pure: no I/O, no clock, no log.

A run is a list of events; its state is a fold of that list.
"""
