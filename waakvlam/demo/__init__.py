"""An example estate of real servers on loopback with faults that come and go, for the collector to watch."""
