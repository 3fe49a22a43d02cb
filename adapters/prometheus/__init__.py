"""A Prometheus server as a source of counts: what an application's own metrics say of canary and baseline."""
