"""What a store can tell of its calls: finding them, their code over time, and why one was a miss."""
