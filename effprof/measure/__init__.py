"""Taking a number: timers, warm-up, stopping rule, the measuring loop, memory, energy."""
