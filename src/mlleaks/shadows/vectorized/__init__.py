"""Many networks trained as one program."""
