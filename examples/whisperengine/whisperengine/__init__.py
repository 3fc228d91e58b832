"""WhisperEngine: chat rooms kept company by personas."""
