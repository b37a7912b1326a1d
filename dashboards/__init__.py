"""What Grafana and Prometheus load, and the code that generates it."""
