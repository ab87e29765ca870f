"""Markdown beyond CommonMark and GFM, as used by site generators and note-taking programs.

Most articles need none of it, so each rule looks at a sign or two before it reads.
"""
