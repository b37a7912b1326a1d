"""Observes: probes, schedule, the store of facts."""
