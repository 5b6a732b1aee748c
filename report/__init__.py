"""One self-contained HTML page about a network: its graph, memory, cost and error, layer by layer."""
