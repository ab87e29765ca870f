"""An assistant's door."""
