"""What newsboat keeps, read and never written: its feeds, its cache, its settings."""
