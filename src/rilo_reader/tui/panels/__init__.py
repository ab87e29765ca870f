"""Panels: modal screens over the reader, each with a list or a few inputs."""
