"""The kernel side of mandala-lab: `extension`, `magics`, `session`, `channel`.

It translates between IPython and `mandala_lab` and decides nothing.
"""
