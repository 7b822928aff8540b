"""Prints every number of the structs of a frame, in the order of the schema, as flatc reads it."""

import importlib
import json
import pathlib
import re
import sys


def class_of(name):
    module = importlib.import_module("ticker." + name)
    return getattr(module, name)


def numbers_of(struct):
    for name, accessor in vars(type(struct)).items():
        if name in ("SizeOf", "Init") or not callable(accessor):
            continue
        if accessor.__code__.co_argcount == 1:
            yield accessor(struct)
        else:
            nested = "DepthLevel" if re.match(r"(Buy|Sell)\d", name) else name
            yield from numbers_of(accessor(struct, class_of(nested)()))


frame = class_of("TickFrame").GetRootAs(pathlib.Path(sys.argv[1]).read_bytes(), 0)
structs = [
    list(numbers_of(getattr(frame, vector)(index)))
    for vector in ("Ticks", "Quotes", "Compacts", "Ltps")
    for index in range(getattr(frame, vector + "Length")())
]
print(json.dumps(structs))
