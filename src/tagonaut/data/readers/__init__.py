"""One reader for each kind of labelled source."""
