package = "a/b"
version = "1-1"
