"""Words it. Pure: cards, notices and reports as values that know no platform."""
