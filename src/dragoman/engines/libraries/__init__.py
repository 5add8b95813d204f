"""The libraries that run models, each behind `Engine`: a file is one, and nothing else names it."""
