"""The gateway: one local address that the clients of every dialect speak to unchanged."""
