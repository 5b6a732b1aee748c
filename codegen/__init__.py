"""Integer graph and target to a self-contained C project; knows no frontend."""
