"""Whether the installed package gives true answers: data whose truth is known, and what it says of them."""
