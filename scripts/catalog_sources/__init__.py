"""Where the facts of the catalog come from: two public data sets, and what was looked up by hand."""
