"""Pictures of graphs: where everything stands (`layered`), and how it looks (`svg`)."""
