"""Attach arithmetic, indexing and the other methods to Tensor: the one knot, untied here."""
