"""Audio front ends: what a user sets, the tables that follow, and the graph before a network. docs/front-ends.md."""
