"""The http channel: a request to a deployed Worker and what its answer proves."""
