"""What runs inside the Jobs."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read by NumPy, of whose threads nothing here has a use
