"""Routers: LLMs that ask whichever of their targets should have a call."""
