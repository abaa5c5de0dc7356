#!/usr/bin/env python3
"""Measures the release build and prints one table: what was measured, the reference beside it in the same run, the aim.

A benchmark judges nothing: timings never make it fail. `./dev bench` installs what it needs and calls it."""

import argparse
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import bridge
import measure

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = ROOT / "tests/data/samples/openrouter_models_full_2025-05-23.json"
SIZES = {"2 KB": 6, "200 KB": 575}  # models whose answer has about this size
LAUNCHES = 200


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, binaries, folder, rounds, seconds, running):
        self.binaries, self.folder, self.rounds, self.seconds = binaries, folder, rounds, seconds
        self.running = running
        self.rows = []
        self.ports = []

    def row(self, what, measured, reference="", aim=""):
        self.rows.append((what, measured, reference, aim))

    def start(self, argv, **options):
        process = subprocess.Popen([str(word) for word in argv], **options)
        self.running.callback(measure.stop, process)
        return process

    def start_simulator(self):
        simulator = self.start(
            [self.binaries / "bench_simulator"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ports = simulator.stdout.readline().split()

    # --- probes -----------------------------------------------------------------------------------------------------

    def probes(self):
        for count, concurrency, aim in (
            (10, 64, ""),
            (1000, 64, ""),
            (10000, 64, ""),
            (10000, 10000, "< 1 s, < 8 KB each"),
        ):
            say(f"probes of {count} servers, at most {concurrency} at once")
            argv = [self.binaries / "bench_probes", count, concurrency, *self.ports]
            runs = [measure.json_line([str(word) for word in argv], 120) for _ in range(3)]
            best = sorted(runs, key=lambda run: run["seconds"])[1]
            note = "" if best["reachable"] == count else f", ONLY {best['reachable']} ANSWERED"
            self.row(
                f"probes of {count:,} servers, {concurrency:,} at once",
                f"{best['seconds'] * 1000:,.1f} ms, {best['bytes_per_server'] / 1024:.1f} KB each{note}",
                f"CPU {best['cpu_seconds'] / count * 1e6:.0f} us each; peak {best['peak_bytes'] / 2**20:.1f} MB, "
                f"of it lists {best['list_bytes'] / 2**20:.1f} MB",
                aim,
            )

    def parse(self):
        say("parsing the OpenRouter list")
        found = measure.json_line([str(self.binaries / "bench_parse"), str(LIST)], 120)
        self.row(
            f"parse {found['bytes'] / 1000:,.0f} KB OpenRouter list, {found['models']} models",
            f"{found['seconds'] * 1000:.2f} ms, {found['mb_per_s']:,.0f} MB/s",
            f"simdjson DOM alone {found['dom_mb_per_s']:,.0f} MB/s; we take {found['ratio']:.2f} times as long",
        )

    def config_edit(self):
        say("edits of a configuration with 2,000 entries")
        in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else self.folder
        with tempfile.TemporaryDirectory(prefix="operator-bench-", dir=in_memory) as folder:
            found = measure.json_line([str(self.binaries / "bench_config_edit"), folder], 120)
        ms = {name: f"{found[name] * 1000:.2f} ms" for name in ("edit", "worst_edit", "replace", "read", "write")}
        what = f"configuration of {found['entries']:,} entries, {found['bytes'] / 1000:,.0f} KB"
        self.row(
            f"{what}: edit, verified",
            f"{ms['edit']}, worst {ms['worst_edit']}",
            f"reading it from scratch {ms['read']}; ratio {found['edit'] / found['read']:.3f}",
            "< 20 ms with its replacement",
        )
        self.row(
            f"{what}: replacement, disk in memory",
            ms["replace"],
            f"writing and renaming it {ms['write']}; ratio {found['replace'] / found['write']:.2f}",
        )

    # --- cached reads -----------------------------------------------------------------------------------------------

    def operatord(self, name, servers, listen="127.0.0.1:0"):
        """The command line of operatord on servers given as (name, models), and its socket and log."""
        config = self.folder / f"{name}.toml"
        config.write_text(
            "".join(
                f'[[model_servers]]\nname = "{server}"\nkind = "openai-compat"\n'
                f'base_url = "http://127.0.0.1:{self.ports[number % len(self.ports)]}/{models}/{server}"\n'
                for number, (server, models) in enumerate(servers)
            )
        )
        path = self.folder / f"{name}.sock"
        argv = [self.binaries / "operatord", "--config", config, "--socket", path, "--listen", listen]
        return argv, str(path)

    def start_operatord(self, name, servers):
        argv, path = self.operatord(name, servers)
        log = self.folder / f"{name}.log"
        with open(log, "w") as err:
            process = self.start(argv, stderr=err, env=without_keys())

        def bound():
            if process.poll() is not None:
                raise RuntimeError(f"operatord ended: {log.read_text()}")
            return re.search(r"listening on http://([^\s/]+)", log.read_text())

        address = measure.wait_until("operatord listens", bound).group(1)

        def all_reachable():
            connection = measure.UnixConnection(path)
            answer = json.loads(measure.get(connection, "/api/v1/model-servers"))
            connection.close()
            states = [one["probe"]["reachable"] for one in answer["servers"] if one["user_declared"]]
            return len(states) == len(servers) and all(states)

        measure.wait_until("all servers are reachable", all_reachable)
        return process, address

    def start_nginx(self, documents):
        """nginx as its documentation tunes it for static files: one worker, sendfile, open files cached."""
        home = self.folder / "nginx"
        (home / "www").mkdir(parents=True)
        os.chmod(self.folder, 0o755)  # the worker may run as another user
        for name, body in documents.items():
            (home / "www" / name).write_bytes(body)
        port = measure.free_port()
        as_root = "user root;" if os.geteuid() == 0 else ""
        (home / "nginx.conf").write_text(
            f"""{as_root} worker_processes 1; daemon off; pid {home}/pid; error_log {home}/error.log;
            events {{ worker_connections 1024; }}
            http {{
              access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; etag on;
              keepalive_timeout 65; keepalive_requests 1000000000;
              open_file_cache max=100 inactive=1h; open_file_cache_valid 1h; default_type application/json;
              client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
              uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
              server {{ listen 127.0.0.1:{port}; root {home}/www; }}
            }}"""
        )
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        process = self.start(
            [nginx, "-p", home, "-e", home / "error.log", "-c", home / "nginx.conf"], stderr=subprocess.DEVNULL
        )

        def answers():
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                measure.get(connection, f"/{next(iter(documents))}")
                connection.close()
                return True

        measure.wait_until("nginx answers", answers)
        return process, f"127.0.0.1:{port}"

    def cached_reads(self):
        servers = [(f"models-{models}", models) for models in SIZES.values()]
        operatord, ours = self.start_operatord("reads", servers)
        host, _, port = ours.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        bodies = {name: measure.get(connection, target_of(name)) for name, _ in servers}
        connection.close()
        nginx, theirs = self.start_nginx(bodies)
        measure.pin(operatord.pid, 0)
        measure.pin(nginx.pid, 0)
        for label, models in SIZES.items():
            name = f"models-{models}"
            runs = {"operatord": [], "nginx": []}
            for number in range(self.rounds):
                say(f"cached read of {label}, round {number + 1} of {self.rounds}: operatord, nginx")
                runs["operatord"].append(
                    measure.run_wrk(f"http://{ours}{target_of(name)}", self.seconds, operatord.pid)
                )
                runs["nginx"].append(measure.run_wrk(f"http://{theirs}/{name}", self.seconds, nginx.pid))
            self.read_rows(label, len(bodies[name]), runs)
        measure.stop(operatord)
        measure.stop(nginx)

    def read_rows(self, label, size, runs):
        own, other = measure.medians(runs["operatord"]), measure.medians(runs["nginx"])
        ratios = {name: [a[name] / b[name] for a, b in zip(runs["operatord"], runs["nginx"])] for name in own}

        def reference(name, text):
            values = ratios[name]
            return f"nginx {text}; ratio {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"

        what = f"cached read {label} ({size:,} bytes)"
        self.row(f"{what}: requests/s", f"{own['rps']:,.0f}", reference("rps", f"{other['rps']:,.0f}"))
        self.row(
            f"{what}: p99",
            f"{own['p99'] * 1e6:,.0f} us",
            reference("p99", f"{other['p99'] * 1e6:,.0f} us"),
            "ratio <= 1",
        )
        self.row(
            f"{what}: CPU per request",
            f"{own['cpu'] * 1e6:.2f} us",
            reference("cpu", f"{other['cpu'] * 1e6:.2f} us"),
            "ratio <= 1",
        )

    # --- reads beside writes ----------------------------------------------------------------------------------------

    def reads_beside_writes(self):
        count, writes = 2000, 10
        say(f"reads while a configuration of {count:,} servers is written")
        process, _ = self.start_operatord("writes", [(f"server-{i}", 5) for i in range(count)])
        path = str(self.folder / "writes.sock")
        took = []

        def write():
            connection = measure.UnixConnection(path)
            server = json.loads(measure.get(connection, "/api/v1/model-servers/server-1000"))
            for number in range(writes):
                body = {"kind": server["kind"], "base_url": server["base_url"], "display_name": f"write {number}"}
                begin = time.perf_counter()
                measure.put(connection, "/api/v1/model-servers/server-1000", body)
                took.append(time.perf_counter() - begin)
            connection.close()

        reader = measure.UnixConnection(path)
        measure.get(reader, "/api/v1/model-servers")
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            writer = thread.submit(write)
            target = "/api/v1/model-servers/server-5/models"
            reads = measure.paced_times(lambda: measure.get(reader, target), writer.done, 0.002)
            writer.result()
        reader.close()
        reads.sort()
        self.row(
            f"500 reads/s while {writes} PUTs among {count:,} servers run: p99",
            f"{reads[len(reads) * 99 // 100] * 1000:.2f} ms",
            f"worst {reads[-1] * 1000:.1f} ms; a PUT takes {statistics.median(took) * 1000:.0f} ms",
            "< 20 ms",
        )
        measure.stop(process)

    # --- the daemon at rest, and its start --------------------------------------------------------------------------

    def idle_memory(self):
        say("idle memory")
        process, _ = self.start_operatord("idle", [(f"server-{i}", 500) for i in range(20)])
        time.sleep(2)  # what the first probes used has been given back, or never will be
        rss, pss = measure.memory_kb(process.pid)
        self.row(
            "idle memory, 20 servers of 500 models", f"RSS {rss / 1024:.1f} MB", f"PSS {pss / 1024:.1f} MB", "< 10 MB"
        )
        measure.stop(process)

    def start_time(self):
        say("start to first answer")
        argv, path = self.operatord("start", [(f"server-{i}", 500) for i in range(20)])
        times = []
        for _ in range(11):
            begin = time.perf_counter()
            process = self.start(argv, stderr=subprocess.DEVNULL, env=without_keys())
            while True:
                try:
                    connection = measure.UnixConnection(path)
                    measure.get(connection, "/api/v1/model-servers")
                    break
                except OSError:
                    if process.poll() is not None or time.perf_counter() - begin > 10:
                        raise RuntimeError("operatord does not start") from None
                    time.sleep(0.0002)
            times.append(time.perf_counter() - begin)
            connection.close()
            measure.stop(process)
        self.row(
            "start to first answer, 20 servers declared",
            f"{statistics.median(times) * 1000:.1f} ms",
            f"{min(times) * 1000:.1f} to {max(times) * 1000:.1f} ms, starting the process included",
            "< 20 ms",
        )

    # --- operatorctl ------------------------------------------------------------------------------------------------

    def launch(self):
        """What operatorctl adds to an agent that ends at once; and how large it is."""
        operatord, _ = self.start_operatord("launch", [("lab", 20)])
        programs = self.folder / "agents"
        programs.mkdir()
        agent = programs / "codex"
        agent.symlink_to(shutil.which("true"))
        operatorctl = self.binaries / "operatorctl"
        variables = {**without_keys(), "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(self.folder)}
        through = [operatorctl, "--socket", self.folder / "launch.sock", "launch"]
        through += ["--tool", "codex", "--model", "vendor/model-000000-instruct", "--model-server", "lab", "--"]
        words = ["exec", "--skip-git-repo-check", "say pong"]
        say(f"{LAUNCHES} launches, and as many plain executions of the same program")
        launched, plain = measure.paired_runs([*through, *words], [agent, *words], variables, LAUNCHES)
        measure.stop(operatord)
        added = [a - b for a, b in zip(launched, plain)]
        own, other = statistics.median(launched), statistics.median(plain)
        self.row(
            f"launch of an agent that ends at once, {LAUNCHES} times",
            f"{own * 1000:.2f} ms",
            f"plain exec {other * 1000:.2f} ms; {statistics.median(added) * 1000:+.2f} ms, ratio {own / other:.2f}",
            "< 2 ms more",
        )
        size = measure.stripped_size(operatorctl, self.folder / "stripped")
        self.row("operatorctl, stripped", f"{size / 1e6:.2f} MB", "", "< 2 MB")

    def print_table(self):
        table = [("MEASURED", "OPERATOR", "BESIDE IT", "AIM"), *self.rows]
        widths = [max(len(row[i]) for row in table) for i in range(4)]
        for row in table:
            print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def target_of(server):
    return f"/api/v1/model-servers/{server}/models"


def without_keys():
    """Keys of the user would have the builtin servers probed over the real network."""
    return {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}


PARTS = ("probes", "parse", "config_edit", "cached_reads", "reads_beside_writes", "idle_memory", "start_time", "launch",
         "bridge")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"which: {', '.join(PARTS)}; none: all")
    parser.add_argument("--binaries", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--rounds", type=int, default=3, help="how often operatord and nginx take turns")
    parser.add_argument("--seconds", type=int, default=5, help="how long each turn takes")
    asked = parser.parse_args()
    for part in asked.parts:
        if part not in PARTS:
            parser.error(f"unknown part {part!r}; there are: {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="operator-bench-") as folder, contextlib.ExitStack() as running:
        bench = Bench(asked.binaries, pathlib.Path(folder), asked.rounds, asked.seconds, running)
        bench.start_simulator()
        failed = False
        for part in asked.parts or PARTS:
            try:
                bridge.measure_bridge(bench) if part == "bridge" else getattr(bench, part)()
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                failed = True
                say(f"{part} could not be measured: {error}")
        bench.print_table()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
