"""The provider `lighthouse` for dragoman, found by its entry point."""
