#!/usr/bin/env python3
"""Fail when a file includes what its room must not know, or when the table of rooms allows a circle.

usage: includes.py [--numbers] [ROOT]

--numbers also prints how large the house is: lines, files, small and large ones, long functions, arrows between rooms.
"""
import collections
import pathlib
import re
import sys

# room: the rooms that its files may include, beside itself. A room is a folder with all below it that is no room of its
# own. An arrow to a room allows none of the rooms behind it: each that is included is named.
BASE, MODEL, TOML, DISK, CONFIG = "config/base", "config/model", "config/toml", "config/disk", "config"
ALL_CONFIG = {CONFIG, BASE, MODEL, TOML, DISK}
STATE = {"daemon/state", "daemon/loop"}
MAY_INCLUDE = {
    BASE: set(),
    MODEL: {BASE},
    TOML: {BASE, MODEL},
    CONFIG: {BASE, MODEL, TOML},
    DISK: {BASE, MODEL, TOML, CONFIG},
    "probes": ALL_CONFIG,
    "systemd": set(),
    "client": ALL_CONFIG,
    "daemon/loop": ALL_CONFIG | {"probes", "systemd"},
    "daemon/state": ALL_CONFIG | {"probes", "daemon/loop", "daemon/keys"},
    "daemon/tools": ALL_CONFIG | {"daemon/loop"},
    "daemon/peers": ALL_CONFIG | {"probes"},
    "daemon/keys": ALL_CONFIG | {"probes"},
    "daemon/bridge/wire": set(),
    "daemon/bridge": ALL_CONFIG | STATE | {"probes", "daemon/bridge/wire", "daemon/wire", "daemon/keys", "daemon/http"},
    "daemon/wire": ALL_CONFIG | {"probes"},
    "daemon/listen": ALL_CONFIG | {"probes", "systemd", "daemon/loop", "daemon/peers"},
    "daemon/http": ALL_CONFIG | {"probes", "daemon/loop", "daemon/wire", "daemon/peers", "daemon/listen"},
    "daemon/launch": ALL_CONFIG | STATE | {"probes", "daemon/tools", "daemon/peers", "daemon/wire"},
    "daemon/api": ALL_CONFIG | STATE | {"probes", "daemon/tools", "daemon/wire", "daemon/keys", "daemon/http",
                                        "daemon/launch", "daemon/bridge"},
    # What puts it all together: the only one that nobody includes.
    "daemon": ALL_CONFIG | STATE | {"probes", "systemd", "daemon/tools", "daemon/peers", "daemon/keys", "daemon/wire",
                                    "daemon/listen", "daemon/http", "daemon/launch", "daemon/api", "daemon/bridge"},
}

# Within a room: the folder, and the one below the same room that it must not know.
STRANGERS = [("probes/http/", "probes/dialects/"), ("client/launch/", "client/commands/")]

PRODUCT = ("config", "probes", "systemd", "daemon", "client")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
# The last line of a function's head, and of a block that functions stand in.
FUNCTION = re.compile(r"^(?!.*(?:^|\s)(?:if|for|while|switch|catch)\b).*\)[^;=]*\{$")
OUTER = re.compile(r"^\s*(?:template\b.*|inline\s+)?(?:namespace|class|struct|union|extern)\b[^;=]*\{$")
TEXT = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|//.*')


def room_of(name):
    folder = name
    while "/" in folder:
        folder = folder.rsplit("/", 1)[0]
        if folder in MAY_INCLUDE:
            return folder
    return folder


def circles():
    """The rooms that can be reached from themselves."""
    for start in MAY_INCLUDE:
        seen, waiting = set(), [start]
        while waiting:
            for room in MAY_INCLUDE[waiting.pop()] - seen:
                seen.add(room)
                waiting.append(room)
        if start in seen:
            yield start


def sources(root):
    for folder in PRODUCT:
        for path in sorted(root.joinpath(folder).rglob("*.?pp")):
            yield path.relative_to(root).as_posix(), path.read_text().splitlines()


def wrong_arrows(name, lines, arrows):
    room = room_of(name)
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found or "/" not in found[1]:
            continue
        other = room_of(found[1])
        arrows[room, other] += 1
        if other != room and other not in MAY_INCLUDE.get(room, ()):
            yield f"{name}:{number}: {room} must not know {other}: {found[1]}"
        for folder, stranger in STRANGERS:
            if name.startswith(folder) and found[1].startswith(stranger):
                yield f"{name}:{number}: {folder} must not know {stranger}: {found[1]}"


def function_lengths(lines):
    """Each function's last line and its length, from the line that opens its body."""
    depth, outer, start = 0, 0, 0
    for number, line in enumerate(lines, 1):
        line = TEXT.sub("", line).rstrip()
        if depth == outer and OUTER.match(line):
            outer += 1
        elif depth == outer and FUNCTION.match(line):
            start = number
        depth += line.count("{") - line.count("}")
        if depth <= outer and start:
            yield number, number - start + 1
            start = 0
        outer = min(outer, depth)


def print_numbers(files, arrows):
    sizes = {name: len(lines) for name, lines in files.items()}
    small = sum(size < 30 for size in sizes.values())
    print(f"{sum(sizes.values())} lines in {len(sizes)} files, {small} of them ({100 * small / len(sizes):.1f} %) "
          f"under 30 lines")
    for folder in PRODUCT:
        own = [size for name, size in sizes.items() if name.startswith(folder + "/")]
        print(f"  {folder}: {sum(own)} lines in {len(own)} files, {sum(size < 30 for size in own)} under 30 lines")
    for name, size in sizes.items():
        if size > 400:
            print(f"a file over 400 lines: {name} ({size})")
    for name, lines in files.items():
        for end, length in function_lengths(lines):
            if length > 60:
                print(f"a function over 60 lines: {name}:{end - length + 1} ({length})")
    pairs = sorted(pair for pair in arrows if pair[0] != pair[1] and all(room.startswith("daemon") for room in pair))
    print(f"{len(pairs)} arrows between {len({room for pair in pairs for room in pair})} rooms of daemon/")
    for room, other in pairs:
        print(f"  {room} -> {other} ({arrows[room, other]})")


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--numbers"]
    files = dict(sources(pathlib.Path(arguments[0] if arguments else ".")))
    arrows = collections.Counter()
    found = [f"the table lets {room} include itself by way of others" for room in circles()]
    for name, lines in files.items():
        found += wrong_arrows(name, lines, arrows)
    if "--numbers" in sys.argv:
        print_numbers(files, arrows)
    print("\n".join(found) if found else "no arrow points back")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
