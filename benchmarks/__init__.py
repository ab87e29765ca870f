"""Benchmarks: every figure beside its baseline, measured in the same run.

`python -m benchmarks` runs them all on 10,000 articles; `--help` names each.
"""
