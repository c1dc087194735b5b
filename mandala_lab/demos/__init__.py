"""Demonstrations that use only public names: ``python -m mandala_lab.demos.NAME``."""
