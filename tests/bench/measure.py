"""What bench.py measures with: processes, /proc, wrk, and a plain HTTP client."""

import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process and its children (nginx: the master and its worker)."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / TICKS
    return own + sum(cpu_seconds(child) for child in children(pid))


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as listed:
        return [int(child) for child in listed.read().split()]


def memory_kb(pid):
    """RSS and PSS of a process."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        text = rollup.read()
    return tuple(int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M).group(1)) for name in ("Rss", "Pss"))


def pin(pid, core):
    """Keeps a server and the load on cores of their own, where there are two."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return
    for one in [pid, *children(pid)]:
        os.sched_setaffinity(one, {cores[core]})


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def get(connection, target):
    """The body of a 200 answer."""
    connection.request("GET", target)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{target}: HTTP {answer.status}: {body[:200]!r}")
    return body


def put(connection, target, value):
    """Sends JSON, and wants a 200 answer."""
    connection.request("PUT", target, json.dumps(value), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{target}: HTTP {answer.status}: {body[:200]!r}")


def paced_times(act, ended, pace):
    """How late each of many runs is done that are due every `pace` seconds: one that takes long makes the next ones late."""
    times = []
    due = time.perf_counter()
    while not ended():
        time.sleep(max(0, due - time.perf_counter()))
        act()
        times.append(time.perf_counter() - due)
        due += pace
    return times


def wait_until(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise RuntimeError(f"{what}: not within {seconds} s")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop(process):
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def json_line(argv, seconds):
    """The JSON object that a benchmark program prints."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=seconds, text=True)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"{argv[0]} ended with {done.returncode} and printed {done.stdout!r}") from None


def run_time(argv, variables):
    """Seconds from the start of a program to its end, which must be a good one."""
    begin = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, variables)
    _, status = os.waitpid(pid, 0)
    taken = time.perf_counter() - begin
    if status != 0:
        raise RuntimeError(f"{' '.join(argv)} ended with {os.waitstatus_to_exitcode(status)}")
    return taken


def paired_runs(one, other, variables, count):
    """The times of two programs in turn, so that what else the machine does meets both alike. The first are not counted."""
    one, other = [str(word) for word in one], [str(word) for word in other]
    pairs = []
    for number in range(count + 10):
        # Who comes first takes turns, too.
        if number % 2 == 0:
            pair = run_time(one, variables), run_time(other, variables)
        else:
            pair = (run_time(other, variables), run_time(one, variables))[::-1]
        pairs.append(pair)
    return zip(*pairs[10:])


def stripped_size(program, stripped):
    """Bytes of the program without symbols, as a package has it."""
    subprocess.run(["strip", "-o", str(stripped), str(program)], check=True)
    return os.stat(stripped).st_size


UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


def run_wrk(url, seconds, server_pid):
    """One run of wrk: requests/s, p99 in seconds, CPU seconds of the server per request."""
    before = cpu_seconds(server_pid)
    argv = ["wrk", "-t1", "-c16", "--latency", f"-d{seconds}s", url]
    wrk = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    pin(wrk.pid, 1)
    text = wrk.communicate(timeout=seconds + 30)[0]
    used = cpu_seconds(server_pid) - before
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    if requests == 0 or "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"{' '.join(argv)}:\n{text}")
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", text).groups()
    return {
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        "p99": float(value) * UNITS[unit],
        "cpu": used / requests,
    }


def medians(runs):
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}
