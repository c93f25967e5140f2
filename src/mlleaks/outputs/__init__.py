"""What models answer: queried, checked, and what is read from it."""
