"""The definition of every primitive in NumPy, written to be read."""
