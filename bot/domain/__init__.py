"""What Outrider knows and decides: pure, without I/O, clock or log."""
