#!/usr/bin/env python3
"""Put test files together into a few units, for most of a test's compile time goes into the headers that all of them include.

usage: unity.py FOLDER COUNT SOURCE...      (sources relative to the working directory, as they are to be included)

Writes FOLDER/unit_1.cpp to unit_COUNT.cpp, each only where it changes, and what it has read into FOLDER/units.d. A test need not know what the others call their
helpers: files that give one name to two things do not come into one unit.
"""
import functools
import pathlib
import re
import sys

# What clang-format leaves in the first column.
DECLARED = re.compile(r"(?:template <.*> )?(?:struct|class|enum class|enum) (\w+)|using (\w+) =|"
                      r"(?!return|using|namespace|#|TEST_CASE)[A-Za-z][\w:<>,&*\[\] ]*[&*\s](\w+)\s*(?:\(|=|\{|\[|;)")
INCLUDED = re.compile(r'#include "([^"]+)"')


@functools.cache
def declared(name):
    """What a file itself declares outside of classes and functions."""
    found = map(DECLARED.match, pathlib.Path(name).read_text().splitlines())
    return frozenset(match[match.lastindex] for match in found if match)


@functools.cache
def headers(name):
    """What it includes of ours, also by way of others."""
    if not pathlib.Path(name).exists():
        return frozenset()
    own = set(INCLUDED.findall(pathlib.Path(name).read_text()))
    return frozenset(own.union(*map(headers, own)))


def all_declared(names):
    return frozenset().union(*(declared(name) for name in names if pathlib.Path(name).exists()))


@functools.cache
def clash(a, b):
    """They declare the same, which is not what both know from a header; or one declares what the other's headers do."""
    return bool(declared(a) & declared(b) - all_declared(headers(a) & headers(b))
                or declared(a) & all_declared(headers(b) - headers(a))
                or declared(b) & all_declared(headers(a) - headers(b)))


def share_out(sources, count):
    """The sources of each unit: neighbours together, where they get on with each other."""
    units = [[] for _ in range(count)]
    size = -(-len(sources) // count)
    for source in sorted(sources, key=lambda one: -sum(clash(one, other) for other in sources if other != one)):
        fitting = [unit for unit in units if not any(clash(source, other) for other in unit)]
        room = [unit for unit in fitting if len(unit) < size]
        (room[0] if room else min(fitting or units, key=len)).append(source)
    return [sorted(unit) for unit in units]


def main():
    folder, count, sources = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    folder.mkdir(parents=True, exist_ok=True)
    for number, unit in enumerate(share_out(sources, count), 1):
        # The system's struct file_handle comes before a using directive that shows ours beside it.
        text = "#include <fcntl.h>\n" + "".join(f'#include "{source}"\n' for source in unit)
        file = folder / f"unit_{number}.cpp"
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
    read = {pathlib.Path(name).resolve() for source in sources for name in {source} | headers(source)}
    known = sorted(str(path) for path in read if path.exists())
    (folder / "units.d").write_text(f"{folder / 'unit_1.cpp'}: {' '.join(known)}\n")


if __name__ == "__main__":
    main()
