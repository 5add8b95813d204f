"""HTTP/1.1 as a client speaks it, without sockets: a request as bytes, and a parser of the bytes that answer it."""
