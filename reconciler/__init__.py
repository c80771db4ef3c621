"""The reconciler: reads wishes and the world, plans, and makes the world as wished."""
