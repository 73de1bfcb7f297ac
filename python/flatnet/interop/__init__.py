"""Views of a network for other libraries, one module per ecosystem; none is imported before it is asked for."""
