"""How bytes travel: addresses and which are allowed, connections, proxies, headers, packing."""
