"""Splits and folds: stratified, grouped, kept in a table."""
