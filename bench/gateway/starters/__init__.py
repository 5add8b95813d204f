"""Programs that start a gateway which has no command of its own, and the floor."""
