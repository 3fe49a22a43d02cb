"""Draws what words tell badly."""

from typing import Protocol

from bot.view.chart import Chart


class Picture(Protocol):
    """Makes files of pictures. Pure in what it gives, and slow enough to be called on a thread of its own."""

    def png(self, chart: Chart) -> bytes:
        """The chart as a PNG file, about 1000 pixels wide, readable on a phone and without telling colours apart."""
        ...
