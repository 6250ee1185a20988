"""Who asks, what they may do, and how much of the service they may take."""
