"""``python -m senteval evaluation.py ...``: the script, with this senteval.

The folder of this package can be run as well, without being on the path: it is found from here.
"""

import sys

if not __package__:  # python drop_in/senteval evaluation.py: that folder itself is on the path
    from pathlib import Path

    sys.path[0] = str(Path(__file__).resolve().parents[1])

from senteval.script import main

main()
