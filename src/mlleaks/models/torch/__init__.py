"""Networks in PyTorch, which is imported nowhere else but where shadow models are vectorized."""
