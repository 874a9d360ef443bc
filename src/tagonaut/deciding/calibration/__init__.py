"""Scores that mean what they say: a score of 0.8 is right in 80 % of cases."""
