"""One user with a folder of their own, one model server, operatord, and launches through operatorctl."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build/release/bin"
AGENTS = ROOT / "build" / os.environ.get("OPD_AGENTS", "agents") / "node_modules/.bin"
LIMIT = 120  # seconds for one launch, on a slow machine
MODEL = "qwen2.5-coder:7b"
KEY_VARIABLE = "LAB_KEY"
READ_TARGETS = ("health", "model-servers", "model-servers/lab", "model-servers/lab/models", "model-servers/kinds",
                "delegators", "llm-tools", "llm-tools/default")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Ended:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __str__(self):
        return f"status {self.status}\n--- out\n{self.out[-3000:]}\n--- err\n{self.err[-3000:]}"


class Lab:
    def __init__(self, agent, authority, keyed, scratch=(), programs=BIN):
        """`authority`: whom the agent is to believe; `scratch`: folders outside of the lab's own that nobody else
        writes to; `programs`: where operatord is."""
        self.agent, self.keyed, self.scratch, self.programs = agent, keyed, scratch, programs
        self.key = "KEY" + secrets.token_hex(16)
        self.evil = "EVIL" + secrets.token_hex(8)
        self.last_words = "pong-" + secrets.token_hex(4)
        self.in_argv, self.in_environ, self.running, self.connections = [], [], [], ()
        # Not below /tmp, where codex does less than elsewhere.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="operator-agents-", dir="/var/tmp"))
        for name in ("home", "work", "run", "tmp", "config/operator"):
            (self.folder / name).mkdir(mode=0o700, parents=True)
        self.work = self.folder / "work"
        self.server = wire.ModelServer(agent.wire, MODEL, self.last_words, self.look_at_processes)
        self.own = {
            "PATH": f"{AGENTS}:{os.environ['PATH']}",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            KEY_VARIABLE: self.key,
        }
        for name in ("config", "state", "cache", "data"):
            self.own[f"XDG_{name.upper()}_HOME"] = str(self.folder / name)
        if authority:
            self.own |= dict.fromkeys(("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"), str(authority.file))

    # --- operatord --------------------------------------------------------------------------------------------------

    def start_daemon(self):
        base_url = f"http://127.0.0.1:{self.server.server_port}{self.agent.wire.base}"
        text = f'[[model_servers]]\nname = "lab"\nkind = "{self.agent.kind}"\nbase_url = "{base_url}"\n'
        if self.keyed:
            text += f'api_key_env = "{KEY_VARIABLE}"\n'
        (self.folder / "config/operator/operator.toml").write_text(text)
        self.log = self.folder / "operatord.log"
        with open(self.log, "w") as log:
            command = [self.programs / "operatord", "--listen", "127.0.0.1:0", "--log-level", "debug"]
            self.daemon = subprocess.Popen(command, env=self.own, stderr=log, start_new_session=True)
        self.running.append(self.daemon)
        for _ in range(400):
            if "is ready" in self.log.read_text():
                break
            time.sleep(0.05)
        else:
            raise RuntimeError("operatord did not start:\n" + self.log.read_text())
        port = re.search(r"listening on http://127\.0\.0\.1:(\d+)", self.log.read_text()).group(1)
        self.connections = (UnixConnection(self.folder / "run/operator/operatord.sock"),
                            http.client.HTTPConnection("127.0.0.1", int(port), timeout=30))

    def stop_daemon(self):
        self.daemon.terminate()
        self.daemon.wait(10)
        self.running.remove(self.daemon)

    def rest_answers(self):
        """What the daemon tells, over both ways in."""
        wanted = {"llm_tool": self.agent.name, "model": MODEL, "model_server": "lab"}
        asked = [("GET", f"/api/v1/{target}", None) for target in READ_TARGETS]
        asked.append(("POST", "/api/v1/launch/resolve", json.dumps(wanted)))
        for connection in self.connections:
            for method, target, body in asked:
                connection.request(method, target, body, {"Content-Type": "application/json"} if body else {})
                answer = connection.getresponse()
                text = answer.read().decode()
                assert answer.status == 200, f"{target}: {answer.status} {text}"
                yield target, text

    # --- launching --------------------------------------------------------------------------------------------------

    def command(self, *options, arguments=()):
        fixed = ["launch", "--llm-tool", self.agent.name, "--model", MODEL, "--model-server", "lab"]
        return [BIN / "operatorctl", *fixed, *options, *(["--", *arguments] if arguments else [])]

    def launch(self, *options, arguments=(), more_environment=None):
        return self.run(self.command(*options, arguments=arguments), more_environment)

    def run(self, command, more_environment=None):
        """Runs it in the work folder, without a terminal, and ends whatever it leaves behind."""
        started = subprocess.Popen(command, cwd=self.work, env=self.own | (more_environment or {}), text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        self.running.append(started)
        try:
            out, err = started.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.end(started)
            out, err = started.communicate()
            return Ended(f"none: it did not end in {LIMIT} s", out, err)
        self.end(started)
        return Ended(started.returncode, out, err)

    def run_in_terminal(self, command, happened, confirm=None):
        """Runs it on a terminal until `happened`, which each request may change, and returns what was shown. Where that
        has the text `confirm`, the return key is pressed."""
        ours, its = os.openpty()
        shown = []

        def drain():
            try:
                while data := os.read(ours, 65536):
                    shown.append(data)
            except OSError:  # the other side is closed
                pass

        reader = threading.Thread(target=drain, daemon=True)
        reader.start()
        started = subprocess.Popen(["setsid", "--ctty", *command], cwd=self.work, env=self.own, stdin=its, stdout=its,
                                   stderr=its)
        os.close(its)
        self.running.append(started)
        deadline = time.monotonic() + LIMIT
        while not self.server.wait_for(happened, 1) and time.monotonic() < deadline:
            if confirm and confirm.encode() in b"".join(shown):
                os.write(ours, b"\r")
        self.end(started)
        reader.join(10)
        os.close(ours)
        return b"".join(shown).decode(errors="replace")

    def end(self, started):
        self.running.remove(started)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait(10)

    def close(self):
        for started in list(self.running):
            self.end(started)
        while left := self.processes_with(str(self.folder)):  # children of theirs, in sessions of their own
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        for connection in self.connections:
            connection.close()
        self.server.close()
        shutil.rmtree(self.folder)

    # --- looking for what must not be -------------------------------------------------------------------------------

    def look_at_processes(self):
        """Called while an agent waits for its answer: who has the key?"""
        self.in_argv += self.processes_with(self.key, "cmdline")
        self.in_environ += [pid for pid in self.processes_with(self.key) if not self.is_known(pid)]

    def processes_with(self, text, where="environ"):
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if text.encode() in (folder / where).read_bytes():
                    found.append(int(folder.name))
            except OSError:  # it has ended, or is not ours
                pass
        return found

    def is_known(self, pid):
        """It is what we have started, or was started by that, or has ended."""
        try:
            while pid > 1 and all(pid != started.pid for started in self.running):
                pid = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return True
        return pid > 1

    def files_with(self, text):
        return [str(path) for folder in (self.folder, *self.scratch) for path in folder.rglob("*")
                if path.is_file() and not path.is_symlink() and text.encode() in path.read_bytes()]
