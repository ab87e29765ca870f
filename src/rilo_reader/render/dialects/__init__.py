"""Markdown beyond CommonMark and GFM, as used by site generators and note-taking programs."""
