"""The region on real parts: sites in network namespaces, with a broker, a database, agents and a centre."""
