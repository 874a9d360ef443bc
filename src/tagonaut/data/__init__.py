"""Labelled pictures: the data set, its readers and its splits."""
