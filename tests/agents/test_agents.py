#!/usr/bin/env python3
"""The real agent CLIs, each launched by the two real programs against a simulated model server.

usage: ./dev test-agents [ARG...]      ARG goes to unittest, such as -v, -f or -k Gemini
"""

import base64
import copy
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import agents
import homes
import lab as labs
import network
import oddities
import traps
import wire
from lab import KEY_VARIABLE, MODEL, Lab

ECHO = "echo hi-from-tool"
AWKWARD = "say \"hi\" 'there' $(touch pwned) `touch pwned` ${HOME} \\ %s & | ; > x\n\tline two: é 日本 \U0001f600 !"
DASHED = "--help me, -p or not"
PNG = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
CREDENTIALS = ("authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "x-evil",
               "openai-organization", "openai-project", "x-goog-user-project", "x-amz-security-token")


class Around:
    """What all cases share: see main()."""

    traps = None
    own_network = False
    scratch = ()
    prefix = None  # a folder that nobody but root can write to


class Launches:
    """The cases for every agent."""

    agent = None

    def lab(self, keyed=True, **more):
        made = Lab(self.agent, Around.traps.authority, keyed, Around.scratch, **more)
        self.addCleanup(made.close)
        made.start_daemon()
        Around.traps.take()
        return made

    def run_tool(self, lab, *options, more_environment=None):
        lab.server.command = ECHO
        arguments = self.agent.headless(self.agent.may_echo)
        return lab.launch("--prompt", "use the tool", *options, arguments=arguments, more_environment=more_environment)

    # --- what is checked again and again ----------------------------------------------------------------------------

    def check_requests(self, lab, keyed=True):
        """The path, the model, and the credentials that are sent."""
        posts = lab.server.posts()
        self.assertTrue(posts, "no request has arrived")
        forms = self.agent.key_headers if keyed else self.agent.keyless_headers
        expected = {name: form.format(lab.key) for name, form in forms.items()}
        for post in posts:
            self.assertEqual(post.path, self.agent.wire.path.format(model=MODEL))
            self.assertEqual(self.agent.wire.model(post), MODEL)
            self.assertEqual({name: value for name, value in post.headers if name in CREDENTIALS}, expected)
            self.assertEqual(post.text.count(lab.key), len(expected) if keyed else 0)

    def check_no_leak(self, lab):
        """The key is in the environment of the agent, of operatord, which asks with it too, and nowhere else."""
        for request in lab.server.requests:
            self.assertNotIn(lab.evil, request.text)
        self.assertEqual(Around.traps.take(), [], "somebody else was asked something")
        self.assertEqual((lab.in_argv, lab.in_environ), ([], []))
        self.assertEqual(lab.files_with(lab.key), [])

    def check_tool(self, lab, ended):
        """The tool was called for, has run, and its output has come back."""
        posts = lab.server.posts()
        self.assertEqual(ended.status, 0, ended)
        self.assertEqual(len(posts), 2, ended)
        self.assertIsNone(self.agent.wire.tool_output(posts[0].body))
        self.assertRegex("\n".join(self.agent.wire.tool_output(posts[1].body)), r"(?m)^(Output: )?hi-from-tool$")
        self.assertIn(lab.last_words, ended.out)
        self.assertNotIn(lab.key, ended.out + ended.err)

    def check_prompt(self, lab, prompt):
        self.assertTrue(lab.server.posts(), "no request has arrived")
        self.assertTrue(self.has_prompt(lab.server.posts()[0], prompt))
        self.assertEqual(os.listdir(lab.work), [])

    def has_prompt(self, post, prompt):
        return prompt in wire.texts_in(post.body)

    # --- the cases --------------------------------------------------------------------------------------------------

    def test_a_tool_call_on_a_server_with_a_key(self):
        lab = self.lab()
        self.check_tool(lab, self.run_tool(lab))
        self.check_requests(lab)
        self.check_no_leak(lab)
        for target, text in lab.rest_answers():
            self.assertNotIn(lab.key, text, target)
        for form in (["--print"], ["--print", "--json"]):
            shown = lab.launch(*form)
            self.assertEqual(shown.status, 0, shown)
            self.assertIn(KEY_VARIABLE, shown.out)
            self.assertNotIn(lab.key, shown.out + shown.err)
        self.check_no_leak(lab)

    def test_a_tool_call_on_a_server_without_a_key(self):
        lab = self.lab(keyed=False)
        self.check_tool(lab, self.run_tool(lab))
        self.check_requests(lab, keyed=False)
        self.check_no_leak(lab)

    def launch_among_hostile_settings(self, lab, keyed=True, more_environment=None, ends=homes.NEVER):
        url = Around.traps.elsewhere.url
        hostile = homes.environment(lab.evil, url)
        files = homes.write(self.agent.name, lab.folder, lab.evil, url, hostile, ends)
        self.check_tool(lab, self.run_tool(lab, more_environment=hostile | (more_environment or {})))
        self.check_requests(lab, keyed)
        self.check_no_leak(lab)
        for path, before in files.items():
            self.assertEqual(path.read_bytes(), before, path)

    def test_hostile_settings_on_a_server_with_a_key(self):
        self.launch_among_hostile_settings(self.lab())

    def test_hostile_settings_on_a_server_without_a_key(self):
        self.launch_among_hostile_settings(self.lab(keyed=False), keyed=False)

    def test_logins_of_the_vendor_that_are_valid_and_that_have_ended(self):
        for ends in (homes.LATER, homes.LONG_AGO):
            with self.subTest(ends):
                self.launch_among_hostile_settings(self.lab(), ends=ends)

    def test_a_session_goes_on_with_its_server(self):
        lab = self.lab()
        first = lab.launch("--prompt", "say pong first", arguments=self.agent.headless())
        self.assertEqual(first.status, 0, first)
        begun = len(lab.server.posts())
        again = lab.run([labs.BIN / "operatorctl", *self.agent.resumed("say pong again")])
        self.assertEqual(again.status, 0, again)
        self.assertGreater(len(lab.server.posts()), begun, again)
        texts = list(wire.texts_in(lab.server.posts()[-1].body))
        for prompt in ("say pong first", "say pong again"):
            self.assertTrue(any(prompt in text for text in texts), prompt)
        self.check_requests(lab)
        self.check_no_leak(lab)

    def test_hostile_settings_and_a_proxy(self):
        self.launch_among_hostile_settings(self.lab(), more_environment=homes.proxies(Around.traps.proxy.url))

    def test_without_operatorctl_the_traps_catch_what_such_settings_send(self):
        if not Around.own_network:
            self.skipTest("without a network of our own there is no trap for the vendors' hosts")
        lab = self.lab()
        url = Around.traps.elsewhere.url
        # Without the switches, which lead to services that want a login of another form.
        homes.write(self.agent.name, lab.folder, lab.evil, url, homes.addresses(lab.evil, url))
        lab.run([self.agent.name, *self.agent.headless_with("say pong")])
        caught = Around.traps.take()
        self.assertTrue(any(lab.evil in one for one in caught), caught)
        self.assertTrue(any(one.startswith("vendor: ") for one in caught), caught)

    def test_a_prompt_arrives_as_it_is(self):
        lab = self.lab()
        ended = lab.launch("--prompt", AWKWARD, arguments=self.agent.headless())
        self.assertEqual(ended.status, 0, ended)
        self.check_prompt(lab, AWKWARD)

    def test_arguments_behind_the_dashes_arrive_as_they_are(self):
        lab = self.lab()
        ended = lab.launch(arguments=self.agent.headless_with(AWKWARD))
        self.assertEqual(ended.status, 0, ended)
        self.check_prompt(lab, AWKWARD)

    def test_a_prompt_that_looks_like_an_option_arrives_in_a_terminal(self):
        lab = self.lab(keyed=False)
        self.agent.settle(lab.folder / "home", lab.work)

        def has_arrived():
            return any(self.has_prompt(post, DASHED) for post in lab.server.posts())

        shown = lab.run_in_terminal(lab.command("--prompt", DASHED, arguments=self.agent.in_terminal), has_arrived)
        self.assertTrue(has_arrived(), shown[-3000:])
        self.check_requests(lab, keyed=False)

    def test_a_script_launches_without_operatord(self):
        lab = self.lab()
        script = lab.folder / "later.sh"
        arguments = self.agent.headless(self.agent.may_echo)
        written = lab.launch("--prompt", AWKWARD, "--script", script, arguments=arguments)
        self.assertEqual(written.status, 0, written)
        self.assertEqual(script.stat().st_mode & 0o777, 0o700)
        lab.stop_daemon()

        unset = lab.run([script], {KEY_VARIABLE: ""})
        self.assertNotEqual(unset.status, 0)
        self.assertIn(f"{KEY_VARIABLE}: is not set", unset.err)
        self.assertEqual(lab.server.posts(), [])

        url = Around.traps.elsewhere.url
        hostile = homes.environment(lab.evil, url)
        homes.write(self.agent.name, lab.folder, lab.evil, url, hostile)
        hostile |= homes.proxies(Around.traps.proxy.url)
        lab.server.command = ECHO
        self.check_tool(lab, lab.run([script], hostile))
        self.check_requests(lab)
        self.check_no_leak(lab)
        self.assertTrue(self.has_prompt(lab.server.posts()[0], AWKWARD))

    def test_the_status_of_the_agent_is_that_of_operatorctl(self):
        lab = self.lab()
        alone = lab.run([self.agent.name, "--no-such-option"])
        launched = lab.launch(arguments=["--no-such-option"])
        self.assertGreater(alone.status, 0)
        self.assertEqual(launched.status, alone.status, launched)


class Claude(Launches, unittest.TestCase):
    agent = agents.Claude()

    # In a terminal Claude Code asks whether it may use ANTHROPIC_API_KEY, "No" being the default.
    def test_the_key_is_used_although_the_question_about_it_is_answered_with_no(self):
        lab = self.lab()
        self.agent.settle(lab.folder / "home", lab.work)
        for launches in (1, 2):  # the second time it does not ask
            shown = lab.run_in_terminal(lab.command("--prompt", "say pong"),
                                        lambda: len(lab.server.posts()) >= launches, confirm="recommended")
            self.assertEqual(len(lab.server.posts()), launches, shown[-3000:])
            self.assertEqual("recommended" in shown, launches == 1)
        for post in lab.server.posts():
            self.assertEqual({name: value for name, value in post.headers if name in CREDENTIALS},
                             {"authorization": f"Bearer {lab.key}"})
        self.check_no_leak(lab)


class Codex(Launches, unittest.TestCase):
    agent = agents.Codex()


class Gemini(Launches, unittest.TestCase):
    agent = agents.Gemini()

    def test_with_the_settings_that_root_has_installed_a_trusted_project_changes_nothing_either(self):
        if not Around.prefix:
            self.skipTest("only root can install a file that gemini trusts, and only in namespaces of our own")
        subprocess.run(["cmake", "--install", labs.ROOT / "build/release/daemon", "--prefix", Around.prefix],
                       check=True, capture_output=True, timeout=60)
        lab = self.lab(programs=Around.prefix / "bin")
        agents.trust(lab.folder / "home", lab.work)
        self.launch_among_hostile_settings(lab)
        self.assertFalse((lab.folder / "state/operator/gemini-home").exists())

    # There the project's settings come last. Those that want another login are not obeyed.
    def test_a_trusted_project_that_selects_another_login_stops_gemini_in_its_private_home(self):
        lab = self.lab()
        agents.trust(lab.folder / "home", lab.work)
        (lab.work / ".gemini").mkdir()
        wanted = {"security": {"auth": {"selectedType": "vertex-ai"}}}
        (lab.work / ".gemini/settings.json").write_text(json.dumps(wanted))
        ended = self.run_tool(lab)
        self.assertEqual(ended.status, 41, ended)
        self.assertIn("The enforced authentication type is 'gemini-api-key'", ended.err)
        self.assertEqual(lab.server.posts(), [])
        self.check_no_leak(lab)


class ThroughTheBridge(Launches):
    """The server speaks Chat Completions alone. What only an agent that talks to it itself can do is not tried."""

    test_a_script_launches_without_operatord = None
    test_without_operatorctl_the_traps_catch_what_such_settings_send = None

    def has_prompt(self, post, prompt):
        """The texts of a message are one there."""
        return any(prompt in text for text in wire.texts_in(post.body))

    def test_the_way_is_shown(self):
        lab = self.lab()
        plan = json.loads(lab.launch("--print", "--json").out)
        self.assertEqual((plan["via"], plan["protocol"], plan["losses"]), ("bridge", "chat", ["web search"]))
        self.assertIn("through the bridge", lab.launch("--print").out)

    def test_a_refusal_is_shown_after_one_request(self):
        lab = self.lab()
        lab.server.refusal = "no such model here"
        ended = lab.launch("--prompt", "say pong", arguments=self.agent.headless())
        shown = (ended.out + ended.err).replace('\\"', '"')  # gemini shows the document
        self.assertIn('model server "lab" answered 400: no such model here', shown)
        self.assertEqual(len(lab.server.posts()), 1, ended)
        self.check_no_leak(lab)

    def test_a_conversation_that_goes_on_begins_with_the_same_messages(self):
        lab = self.lab()
        lab.server.rounds = 3
        ended = self.run_tool(lab)
        self.assertEqual(ended.status, 0, ended)
        posts = lab.server.posts()
        self.assertEqual(len(posts), 4, ended)
        for before, after in zip(posts, posts[1:]):
            first, second = before.body["messages"], after.body["messages"]
            self.assertEqual(second[:len(first)], first)
            self.assertEqual([one["role"] for one in second[len(first):]], ["assistant", "tool"])
            self.assertEqual(after.body["tools"], before.body["tools"])

    def test_each_kind_of_server(self):
        for kind in wire.Chat.PLACES:
            with self.subTest(kind):
                self.agent = copy.copy(self.agent)
                self.agent.kind, self.agent.wire = kind, copy.copy(self.agent.wire)
                self.agent.wire.move_to(kind)
                lab = self.lab()
                self.check_tool(lab, self.run_tool(lab))
                self.check_requests(lab)

    def test_the_oddities_of_servers_one_by_one(self):
        lab = self.lab()
        lab.server.wire = copy.copy(self.agent.wire)
        for oddity in oddities.ALL:
            with self.subTest(oddity.__name__):
                lab.server.wire.speak = oddity
                lab.server.requests.clear()
                self.check_tool(lab, self.run_tool(lab))

    def test_tools_that_are_called_at_the_same_time(self):
        lab = self.lab()
        lab.server.command = ECHO + "\necho hi-too"
        ended = lab.launch("--prompt", "use the tools", arguments=self.agent.headless(self.agent.may_echo))
        self.assertEqual(ended.status, 0, ended)
        first, second = lab.server.posts()
        self.assertEqual(len(second.body["messages"][-3]["tool_calls"]), 2)
        one, two = self.agent.wire.tool_outputs(second.body)
        self.assertIn("hi-from-tool", one)
        self.assertIn("hi-too", two)

    def test_reasoning_comes_back_to_the_server_that_made_it(self):
        lab = self.lab()
        self.check_tool(lab, self.run_tool(lab))
        called = next(one for one in lab.server.posts()[1].body["messages"] if one.get("tool_calls"))
        self.assertEqual(called.get("reasoning_content"), "hm")

    def test_an_image_is_seen_by_the_model(self):
        lab = self.lab()
        picture = lab.work / "red.png"
        picture.write_bytes(base64.b64decode(PNG))
        tool, argument = self.agent.show_image
        lab.server.use = tool, {argument: str(picture)}
        ended = lab.launch("--prompt", "look at it", arguments=self.agent.headless())
        self.assertEqual(ended.status, 0, ended)
        seen = [part["image_url"]["url"] for one in lab.server.posts()[-1].body["messages"]
                if isinstance(one["content"], list) for part in one["content"] if part["type"] == "image_url"]
        self.assertEqual(len(seen), 1, ended)
        self.assertTrue(seen[0].startswith("data:image/png;base64,"))

    def test_an_agent_that_is_ended_ends_the_turn_at_the_server(self):
        lab = self.lab()
        lab.server.hangs = True
        command = lab.command("--prompt", "wait for it", arguments=self.agent.headless())
        started = subprocess.Popen(command, cwd=lab.work, env=lab.own, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        lab.running.append(started)
        self.assertTrue(lab.server.wait_for(lambda: "begun" in lab.server.notes, labs.LIMIT))
        self.assertNotIn("left", lab.server.notes)
        lab.end(started)
        self.assertTrue(lab.server.wait_for(lambda: "left" in lab.server.notes, 10))


class BridgedClaude(ThroughTheBridge, unittest.TestCase):
    agent = agents.BridgedClaude()


class BridgedCodex(ThroughTheBridge, unittest.TestCase):
    agent = agents.BridgedCodex()


class BridgedGemini(ThroughTheBridge, unittest.TestCase):
    agent = agents.BridgedGemini()


class Sdks(unittest.TestCase):
    """The vendors' SDKs on a server that speaks Chat Completions alone."""

    def check(self, vendor, stop, model, refusal):
        lab = Lab(agents.BridgedClaude(), Around.traps.authority, True, Around.scratch)
        self.addCleanup(lab.close)
        lab.start_daemon()
        lab.server.command = ECHO
        lab.run([labs.BIN / "operatorctl", "models", "lab", "--refresh"])
        base = f"http://127.0.0.1:{lab.connections[1].port}/bridge/lab"
        script = labs.AGENTS.parent.parent / "sdks.mjs"  # node looks for packages beside the script
        shutil.copy(pathlib.Path(__file__).with_name("sdks.mjs"), script)
        ended = lab.run(["node", script, base, vendor])
        self.assertEqual(ended.status, 0, ended)
        told = json.loads(ended.out)
        self.assertEqual((told["streamed"], told["whole"], told["plain"]), (lab.last_words,) * 3)
        self.assertEqual((told["usage"], told["call"]["command"], told["stop"]), ([9, 2], ECHO, stop))
        self.assertEqual((told["counted"], told["models"]), (True, [model]))
        self.assertRegex(told["failure"].replace('\\"', '"'), refusal + r'.*model server "lab" answered 400: not this')
        for post in lab.server.posts():
            self.assertEqual({name: value for name, value in post.headers if name in CREDENTIALS},
                             {"authorization": f"Bearer {lab.key}"})
        self.assertNotIn(lab.key, lab.log.read_text())

    def test_anthropic(self):
        self.check("ANTHROPIC", "tool_use", MODEL, "^409 ")

    def test_openai(self):
        self.check("OPENAI", "completed", MODEL, "^400 ")

    def test_google(self):
        self.check("GOOGLE", "STOP", "models/" + MODEL, "^400 ")


PACKAGES = {"Claude": "@anthropic-ai/claude-code", "Codex": "@openai/codex", "Gemini": "@google/gemini-cli"}


class Counted(unittest.TextTestResult):
    """Counts the cases of each class."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.counts = {}

    def stopTest(self, test):
        super().stopTest(test)
        wrong = {id(getattr(case, "test_case", case)) for case, _ in self.failures + self.errors}
        skipped = {id(case) for case, _ in self.skipped}
        outcome = "failed" if id(test) in wrong else "skipped" if id(test) in skipped else "passed"
        counts = self.counts.setdefault(type(test).__name__, {"passed": 0, "failed": 0, "skipped": 0})
        counts[outcome] += 1


def version_of(name):
    package = PACKAGES.get(name.removeprefix("Bridged"))
    if not package:
        return ""
    return json.loads((labs.AGENTS.parent / package / "package.json").read_text())["version"]


def print_table(counts):
    print(f"{'agent':<10}{'version':<12}{'way':<9}passed  failed  skipped")
    for name, of in counts.items():
        way = "bridge" if name.startswith("Bridged") or name not in PACKAGES else "direct"
        agent = name.removeprefix("Bridged").lower()
        print(f"{agent:<10}{version_of(name):<12}{way:<9}{of['passed']:>6}{of['failed']:>8}{of['skipped']:>9}")


def cover_shared_folders():
    """Folders outside of a user's own: /tmp, to be searched, and one for root to install into. Not if we live there."""
    needed = (labs.ROOT, labs.AGENTS.resolve(), pathlib.Path(sys.executable).resolve())
    spare = [name for name in ("/tmp", "/dev/shm", "/mnt") if not any(path.is_relative_to(name) for path in needed)]
    for name in spare:
        network.cover_folder(name, "0755" if name == "/mnt" else "1777")
    Around.scratch = tuple(pathlib.Path(name) for name in spare)
    if "/mnt" in spare and network.is_root():
        Around.prefix = pathlib.Path("/mnt/operator")


def main():
    Around.own_network = network.enter()
    with tempfile.TemporaryDirectory(prefix="operator-agents-network-", dir="/var/tmp") as folder:
        if Around.own_network:
            network.bring_up()
            network.resolve_here(folder)
            cover_shared_folders()
        else:
            print("unshare gives us no namespaces: what goes to the vendors' hosts is not looked at.", file=sys.stderr)
        Around.traps = traps.Traps(folder, Around.own_network)
        program = unittest.main(exit=False, testRunner=unittest.TextTestRunner(resultclass=Counted))
        print_table(program.result.counts)
    sys.exit(not program.result.wasSuccessful())


if __name__ == "__main__":
    main()
