"""The bridge beside nginx (`proxy_pass`) and claude-code-router, on the same streams of the same server."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import time

import measure

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUTER = ROOT / "build/router/node_modules/.bin/ccr"
STREAMS, MANY, EVENTS = 48, 500, 250  # EVENTS come in five seconds


def measure_bridge(bench):
    server = bench.start([bench.binaries / "bench_streams", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         text=True)
    upstream = int(server.stdout.readline())
    measure.pin(server.pid, 1)
    bench.ports = [upstream]
    operatord, address = bench.start_operatord("bridge", [("lab", "v1")])
    port = int(address.rpartition(":")[2])
    nginx, proxy = start_proxy(bench, upstream)
    ways = {
        "nginx": (nginx, proxy, "/v1/lab/v1/chat/completions"),
        "passed on": (operatord, port, "/bridge/lab/openai/v1/chat/completions"),
        "translated": (operatord, port, "/bridge/lab/anthropic/v1/messages"),
    }
    router = start_router(bench, upstream)
    if router:
        ways["claude-code-router"] = (*router, "/v1/messages")
    for process, _, _ in ways.values():
        measure.pin(process.pid, 0)
    compare(bench, ways)
    memory_row(bench, operatord, ways["translated"], STREAMS)
    crowd(bench, operatord, port, ways)


def compare(bench, ways):
    costs, firsts = {name: [] for name in ways}, {name: [] for name in ways}
    for number in range(bench.rounds):
        for name, way in ways.items():
            print(f"bench: streams, round {number + 1} of {bench.rounds}: {name}", flush=True)
            costs[name].append(cost_of(bench, way, STREAMS))
            firsts[name] += [take(bench, way, 1, 3)["firsts"][0] for _ in range(20)]
    cost = {name: statistics.median(each) for name, each in costs.items()}
    first = {name: statistics.median(each) for name, each in firsts.items()}
    aims = {"passed on": ("at most 1.0 of nginx", ""), "translated": ("at most 1.5 of nginx", "at most 0.5 ms more"),
            "claude-code-router": ("", "")}
    for name, (aim, aim_of_first) in aims.items():
        if name not in ways:
            continue
        bench.row(f"CPU per event, {STREAMS} streams of 50 a second, {name}",
                  f"{cost[name]:.1f} us ({cost[name] / cost['nginx']:.2f})", f"nginx {cost['nginx']:.1f} us", aim)
        bench.row(f"first event of a stream, request of 50 KB, {name}", f"{first[name]:.2f} ms",
                  f"nginx {first['nginx']:.2f} ms", aim_of_first)
    if "claude-code-router" in ways:
        bench.row("memory (PSS) after these streams, claude-code-router",
                  f"{measure.memory_kb(ways['claude-code-router'][0].pid)[1] / 1024:.1f} MB",
                  f"operatord {measure.memory_kb(ways['translated'][0].pid)[1] / 1024:.1f} MB")


def crowd(bench, operatord, port, ways):
    """Many streams at once, and what somebody who reads the list of servers feels of them."""
    alone, beside = [], []
    for name in ("nginx", "translated"):
        used = measure.cpu_seconds(ways[name][0].pid)
        load = bench.start(take_command(bench, ways[name], MANY), stdout=subprocess.PIPE, text=True)
        measure.pin(load.pid, 1)
        time.sleep(2)
        if name == "translated":
            memory = measure.memory_kb(operatord.pid)[0]
            beside = read_times(port, load)
        told = json.loads(load.communicate(timeout=120)[0])
        used = (measure.cpu_seconds(ways[name][0].pid) - used) / (MANY * EVENTS) * 1e6
        if told["failed"]:
            raise RuntimeError(f"{told['failed']} of {MANY} streams failed")
        alone.append(used)
    bench.row(f"CPU per event, {MANY} streams at once, translated", f"{alone[1]:.1f} us ({alone[1] / alone[0]:.2f})",
              f"nginx {alone[0]:.1f} us", "at most 1.5 of nginx")
    bench.row(f"GET /model-servers beside {MANY} streams, p99", f"{percentile(beside, 99) * 1000:.2f} ms",
              f"p50 {percentile(beside, 50) * 1000:.2f} ms", "under 5 ms")
    bench.row(f"memory of operatord with {MANY} streams", f"{memory / 1024:.1f} MB")


def read_times(port, load):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    end = time.monotonic() + 3
    times = []
    while time.monotonic() < end and load.poll() is None:
        begin = time.perf_counter()
        measure.get(connection, "/api/v1/model-servers")
        times.append(time.perf_counter() - begin)
        time.sleep(0.005)
    connection.close()
    return times


def percentile(times, percent):
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


def memory_row(bench, operatord, way, streams):
    before = measure.memory_kb(operatord.pid)[0]
    load = bench.start(take_command(bench, way, streams), stdout=subprocess.DEVNULL)
    time.sleep(3)
    each = (measure.memory_kb(operatord.pid)[0] - before) / streams
    load.wait()
    bench.row("memory of a translated stream", f"{max(each, 0):.0f} KiB", "", "at most 64 KiB")


def take_command(bench, way, count, events=EVENTS):
    return [bench.binaries / "bench_streams", "take", way[1], way[2], count, events]


def take(bench, way, count, events):
    load = bench.start(take_command(bench, way, count, events), stdout=subprocess.PIPE, text=True)
    measure.pin(load.pid, 1)
    told = json.loads(load.communicate(timeout=120)[0])
    if told["failed"]:
        raise RuntimeError(f"{told['failed']} of {count} streams failed")
    return told


def cost_of(bench, way, streams):
    """Microseconds of CPU for an event."""
    before = measure.cpu_seconds(way[0].pid)
    take(bench, way, streams, EVENTS)
    return (measure.cpu_seconds(way[0].pid) - before) / (streams * EVENTS) * 1e6


def start_proxy(bench, upstream):
    """nginx in front of it, as its documentation has it for streams."""
    home, port = bench.folder / "proxy", measure.free_port()
    home.mkdir()
    as_root = "user root;" if os.geteuid() == 0 else ""
    temporary = " ".join(f"{kind}_temp_path {home}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    (home / "nginx.conf").write_text(
        f"""{as_root} worker_processes 1; daemon off; pid {home}/pid; error_log {home}/error.log;
        worker_rlimit_nofile 8192; events {{ worker_connections 4096; }}
        http {{ access_log off; tcp_nodelay on; client_body_temp_path {home}/body; {temporary}
          client_body_buffer_size 1m;
          upstream lab {{ server 127.0.0.1:{upstream}; keepalive 64; }}
          server {{ listen 127.0.0.1:{port} backlog=1024;
            location / {{ proxy_pass http://lab; proxy_http_version 1.1; proxy_set_header Connection "";
                         proxy_buffering off; }} }} }}"""
    )
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    process = bench.start([nginx, "-p", home, "-e", home / "error.log", "-c", home / "nginx.conf"],
                          stderr=subprocess.DEVNULL)
    measure.wait_until("nginx answers", lambda: is_up(port, "/v1/models"))
    return process, port


def start_router(bench, upstream):
    """claude-code-router with one provider; None where npm has not brought it along."""
    if not ROUTER.exists():
        return None
    home, port = bench.folder / "router", measure.free_port()
    (home / ".claude-code-router").mkdir(parents=True)
    provider = {"name": "lab", "api_base_url": f"http://127.0.0.1:{upstream}/v1/chat/completions", "api_key": "none",
                "models": ["m"]}
    (home / ".claude-code-router/config.json").write_text(
        json.dumps({"PORT": port, "LOG": False, "Providers": [provider], "Router": {"default": "lab,m"}}))
    process = bench.start(["node", ROUTER.resolve(), "start"], env={"HOME": str(home), "PATH": os.environ["PATH"]},
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    measure.wait_until("claude-code-router answers", lambda: is_up(port, "/health"))
    return process, port


def is_up(port, path):
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return bool(connection.getresponse().status)
