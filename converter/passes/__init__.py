"""Graph to graph rewrites; the graph is checked after each."""
