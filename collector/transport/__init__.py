"""Observations from other vantages: the protocol, the agent's side of it and the centre's (docs/protocol.md)."""
