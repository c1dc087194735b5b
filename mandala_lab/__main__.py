"""``python -m mandala_lab`` is the command ``mandala``."""

import sys

from mandala_lab.cli.main import main

sys.exit(main())
