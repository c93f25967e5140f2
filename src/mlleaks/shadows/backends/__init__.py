"""Where shadow models are trained: here, in processes, on a Ray cluster."""
