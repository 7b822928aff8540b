#!/usr/bin/env python3
"""Prints frames that were kept in files, a line of JSON each: decode.py FILE..."""

import json
import pathlib
import sys

from ticks import decode

for path in sys.argv[1:]:
    print(json.dumps(decode(pathlib.Path(path).read_bytes())))
