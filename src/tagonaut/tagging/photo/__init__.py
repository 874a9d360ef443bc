"""One photo: what it holds, what is written into it, what is taken back."""
