"""The application: wiring only."""

from __future__ import annotations
