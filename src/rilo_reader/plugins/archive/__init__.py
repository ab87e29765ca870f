"""One archive for many people, on PostgreSQL: the log of articles, and each person's marks."""
