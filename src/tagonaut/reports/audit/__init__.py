"""The report on labels that look wrong."""
