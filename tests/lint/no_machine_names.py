#!/usr/bin/env python3
"""Fail when a file names a folder of somebody's machine: the home of root, or a home that is not an example's.

usage: no_machine_names.py [ROOT]

Looks at the files git tracks or would track, or at all files where there is no git. Recorded answers of servers are left out.
"""
import pathlib
import re
import subprocess
import sys

EXAMPLES = ("me", "you", "user", "u")
HOME = re.compile(rb"/(?:root|(?:home|Users)/(?!(?:" + b"|".join(map(str.encode, EXAMPLES)) + rb")\b)[\w.-]+)/")
SKIPPED = ("build/", ".git/", "tests/data/samples/")


def files_below(root):
    listing = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             capture_output=True)
    if listing.returncode == 0:
        return [name for name in listing.stdout.decode().split("\0") if name]
    return [str(path.relative_to(root)) for path in pathlib.Path(root).rglob("*") if path.is_file()]


def findings(root):
    itself = pathlib.Path(__file__).resolve()
    for name in sorted(files_below(root)):
        path = pathlib.Path(root, name)
        if name.startswith(SKIPPED) or not path.is_file() or path.resolve() == itself:
            continue
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            for found in HOME.findall(line):
                yield f"{name}:{number}: names {found.decode()}: write an example such as /home/me/ instead"


def main():
    found = list(findings(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(found) if found else "no machine is named")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
