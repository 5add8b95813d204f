"""Where clouds are reached: addresses and paths that follow from what the caller has set. One module a cloud."""
