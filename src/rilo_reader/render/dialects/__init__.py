"""Markdown beyond CommonMark and GFM: what site generators and note programs add to it."""
