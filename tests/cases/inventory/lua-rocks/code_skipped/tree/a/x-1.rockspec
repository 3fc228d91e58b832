package = "x"
version = os.getenv("V")
