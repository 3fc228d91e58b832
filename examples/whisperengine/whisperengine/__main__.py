"""`python -m whisperengine` starts the server."""

from whisperengine.app import main

main()
