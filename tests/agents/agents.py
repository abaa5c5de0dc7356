"""The three CLIs: how each is called, and what it sends to a server."""

import json

import lab
import wire


class Claude:
    name, kind, wire = "claude", "anthropic-api", wire.Anthropic()
    # Both, since both variables are set: the one of the contract, and the one that Claude Code does not ask about.
    key_headers = {"authorization": "Bearer {}", "x-api-key": "{}"}
    keyless_headers = {"authorization": "Bearer no-key"}
    may_echo = ["--allowedTools=Bash(echo:*)"]
    in_terminal = []

    def headless(self, options=()):
        """Behind `--`, where the prompt is given by --prompt."""
        return ["-p", *options]

    def headless_with(self, prompt):
        """Behind `--`, with the prompt."""
        return ["-p", "--", prompt]

    def resumed(self, prompt):
        """What operatorctl is called with to go on with the last session."""
        return ["launch", "--resume", "--prompt", prompt, "--", "-p"]

    def settle(self, home, work):
        """What the questions of the first start leave behind."""
        known = {"hasCompletedOnboarding": True, "projects": {str(work): {"hasTrustDialogAccepted": True}}}
        (home / ".claude.json").write_text(json.dumps(known))


class Codex:
    name, kind, wire = "codex", "openai-compat", wire.OpenAI()
    key_headers = {"authorization": "Bearer {}"}
    keyless_headers = {}
    may_echo = []
    in_terminal = []

    def headless(self, options=()):
        return ["exec", "--skip-git-repo-check", *options]

    def headless_with(self, prompt):
        return ["exec", "--skip-git-repo-check", "--", prompt]

    def resumed(self, prompt):
        """Without a terminal that is a word behind `exec`; the server has to be named."""
        named = ["--tool", "codex", "--model", lab.MODEL, "--model-server", "lab"]
        return ["launch", *named, "--", "exec", "resume", "--last", "--skip-git-repo-check", prompt]

    def settle(self, home, work):
        pass


class Gemini:
    name, kind, wire = "gemini", "google-api", wire.Google()
    key_headers = {"x-goog-api-key": "{}"}
    keyless_headers = {"x-goog-api-key": "no-key"}
    may_echo = ["--allowed-tools=run_shell_command(echo)"]
    in_terminal = ["--skip-trust"]

    def headless(self, options=()):
        return ["--skip-trust", *options]

    def headless_with(self, prompt):
        return ["--skip-trust", "--prompt=" + prompt]

    def resumed(self, prompt):
        return ["launch", "--resume", "--prompt", prompt, "--", "--skip-trust"]

    def settle(self, home, work):
        pass


class BridgedClaude(Claude):
    kind, wire = "openai-compat", wire.Chat("Bash", command=None, description="d")
    show_image = ("Read", "file_path")
    key_headers, keyless_headers = {"authorization": "Bearer {}"}, {}


class BridgedCodex(Codex):
    wire = wire.Chat("exec_command", cmd=None)
    show_image = ("view_image", "path")


class BridgedGemini(Gemini):
    kind, wire = "openai-compat", wire.Chat("run_shell_command", command=None)
    show_image = ("read_file", "file_path")
    key_headers, keyless_headers = {"authorization": "Bearer {}"}, {}


def trust(home, work):
    """What gemini remembers of a folder that the user trusts: the settings of the project count there."""
    (home / ".gemini").mkdir(exist_ok=True)
    (home / ".gemini/trustedFolders.json").write_text(json.dumps({str(work): "TRUST_FOLDER"}))
