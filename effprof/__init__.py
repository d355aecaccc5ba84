"""Is a network that is efficient on paper efficient on your hardware? effprof measures it."""
