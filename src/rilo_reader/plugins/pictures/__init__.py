"""Pictures of articles: found beside them or in the cache, fetched, and decoded in a worker.

Nothing here but `decode` needs the extra `pictures`, and only workers import that.
"""
