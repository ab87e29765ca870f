"""Feed services: what is read, starred and subscribed there is so here, and the other way."""
