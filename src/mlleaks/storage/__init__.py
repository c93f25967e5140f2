"""Files that are whole or not there, hashes, and names that outlive a move of the code."""
