"""HTTP: a client that returns bounded responses, and the guard against private addresses."""
