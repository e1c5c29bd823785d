"""Drives the lab and Kontena in it: hosts, engines, master, agents, the command line, Git repositories.

Nothing here sleeps to synchronise: wait_until() looks until a condition holds, hold() looks that it stays.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
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
import textwrap
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB_SCRIPT = ROOT / "tests" / "lab" / "lab.sh"
BIN = pathlib.Path(os.environ.get("KONTENA_BIN", ROOT / "build" / "release" / "bin")).resolve()
POLL = 0.05


def wait_until(what, condition, timeout=30.0):
    """Waits until condition() is true and returns its value. An AssertionError in it means: not yet."""
    deadline = time.monotonic() + timeout
    seen = None
    while True:
        try:
            seen = condition()
            if seen:
                return seen
        except AssertionError as error:
            seen = error
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout:g} s still not: {what}; last seen: {seen!r}")
        time.sleep(POLL)


def hold(what, condition, seconds=2.0):
    """Fails when condition() turns false within so many seconds: for "nothing happens"."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"no longer: {what}"
        time.sleep(POLL)


def dedent(text):
    return textwrap.dedent(text).lstrip("\n")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclasses.dataclass(frozen=True)
class Container:
    host: int
    id: str
    name: str
    state: str
    image: str
    labels: dict

    @property
    def service(self):
        return self.labels.get("io.kontena.service.id", "")

    @property
    def number(self):
        return int(self.labels.get("io.kontena.service.instance_number", 0))

    @property
    def revision(self):
        return self.labels.get("io.kontena.container.service_revision", "")


class Host:
    """One lab host: its engine, and its place in the network."""

    def __init__(self, lab, number):
        self.lab = lab
        self.number = number
        self.name = f"host-{number}"
        self.ip = lab.env[f"LAB_HOST_{number}_IP"]
        self.docker_url = lab.env[f"LAB_HOST_{number}_DOCKER"]
        self.netns = lab.env[f"LAB_HOST_{number}_NETNS"]

    def engine(self, method, path, body=None, timeout=30):
        """One request to the Docker Engine; the decoded answer, or the text when it is no JSON."""
        connection = _UnixConnection(self.docker_url.removeprefix("unix://"), timeout)
        with contextlib.closing(connection):
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        if response.status >= 400:
            raise RuntimeError(f"{self.name}: {method} {path}: {response.status} {text}")
        try:
            return json.loads(text)
        except ValueError:
            return text

    def containers(self):
        """All containers of the engine, running or not."""
        return [
            Container(
                host=self.number,
                id=item["Id"],
                name=item["Names"][0].lstrip("/") if item["Names"] else "",
                state=item["State"],
                image=item["Image"],
                labels=item["Labels"] or {},
            )
            for item in self.engine("GET", "/containers/json?all=1")
        ]

    def inspect(self, container):
        return self.engine("GET", f"/containers/{container.id}/json")

    def created_since(self, when):
        """Names and attributes of the containers created since that time: what the engine itself remembers."""
        filters = urllib.parse.quote(json.dumps({"type": ["container"], "event": ["create"]}))
        text = self.engine("GET", f"/events?since={when:.3f}&until={time.time():.3f}&filters={filters}")
        lines = [text] if isinstance(text, dict) else [json.loads(line) for line in text.splitlines() if line]
        return [event["Actor"]["Attributes"] for event in lines]

    def docker(self, *args):
        return run(["docker", "-H", self.docker_url, *args], env={"DOCKER_CONFIG": f"{self.lab.dir}/docker-cli"}).stdout

    def partition(self):
        self.lab.script("partition", str(self.number))

    def heal(self):
        self.lab.script("heal", str(self.number))

    def get(self, port, path="/", timeout=2):
        """The page that a container publishes, "" when there is none."""
        try:
            with urllib.request.urlopen(f"http://{self.ip}:{port}{path}", timeout=timeout) as answer:
                return answer.read().decode()
        except (OSError, http.client.HTTPException):
            return ""


@dataclasses.dataclass(frozen=True)
class Result:
    command: str
    code: int
    stdout: str
    stderr: str

    @property
    def text(self):
        return self.stdout + self.stderr

    def json(self):
        return json.loads(self.stdout)


def run(command, *, check=True, stdin=None, env=None, timeout=120, cwd=None):
    done = subprocess.run(
        command,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )
    result = Result(" ".join(map(str, command)), done.returncode, done.stdout, done.stderr)
    if check and result.code != 0:
        raise AssertionError(f"`{result.command}` ended with {result.code}:\n{result.text}")
    return result


class Lab:
    """Three Docker hosts, a registry and a Git server; see tests/lab/lab.sh."""

    def __init__(self, lab_id, subnet, hosts=3):
        self._vars = {"LAB_ID": lab_id, "LAB_SUBNET": subnet}
        self.script("down")
        self.script("up", str(hosts))
        pairs = (line.partition("=") for line in self.script("env").splitlines())
        self.env = {name: value for name, _, value in pairs}
        self.dir = self.env["LAB_DIR"]
        self.gateway = self.env["LAB_GATEWAY"]
        self.registry = self.env["LAB_REGISTRY"]
        self.hosts = [Host(self, number + 1) for number in range(hosts)]

    def script(self, *args):
        return run(["bash", str(LAB_SCRIPT), *args], env=self._vars).stdout

    def image(self, name):
        return f"{self.registry}/lab/{name}"

    def reset(self):
        """Takes back everything that a test did to the hosts and servers; foreign containers too."""
        for host in self.hosts:
            host.heal()
        self.script("git-start")
        self.script("registry-start")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(self._empty, self.hosts))

    @staticmethod
    def _empty(host):
        for container in host.containers():
            host.engine("DELETE", f"/containers/{container.id}?force=1&v=1")
        for volume in host.engine("GET", "/volumes")["Volumes"] or []:
            host.engine("DELETE", f"/volumes/{volume['Name']}?force=1")

    def down(self):
        self.script("down")


class Repository:
    """A work tree and its remote on the lab's Git server."""

    def __init__(self, lab, name, folder):
        self.lab = lab
        self.name = name
        self.folder = folder
        lab.script("git-create", name)
        self.url = f"{lab.env['LAB_GIT_HTTP']}/{name}.git"
        self.ssh_url = f"{lab.env['LAB_GIT_SSH']}/{name}.git"
        self.bare = pathlib.Path(lab.dir) / "git" / "repositories" / f"{name}.git"
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *args):
        identity = ["-c", "user.name=Lab", "-c", "user.email=lab@example.com"]
        return run(["git", *identity, *args], cwd=self.folder).stdout.strip()

    def write(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))

    def delete(self, path):
        (self.folder / path).unlink()

    def commit(self, message="change"):
        """Commits the work tree and pushes it; the commit's id. Goes straight to the repository's folder, so that it
        works while the Git server is down."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.push()
        return self.head()

    def push(self, *args):
        self.git("push", "-q", *args, str(self.bare), "HEAD:main")

    def head(self):
        return self.git("rev-parse", "HEAD")


class Process:
    """A Kontena program that the test may kill and start again."""

    def __init__(self, name, command, env, log):
        self.name = name
        self.log = log
        self._command = command
        self._env = env
        self._process = None

    def start(self):
        assert not self.running(), f"{self.name} runs already"
        with open(self.log, "ab") as log:
            log.write(f"--- start of {self.name}\n".encode())
            log.flush()
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={"PATH": os.environ["PATH"], "HOME": str(self.log.parent), **self._env},
            )

    def running(self):
        return self._process is not None and self._process.poll() is None

    def kill(self):
        """kill -9: no chance to tidy up."""
        self._signal(signal.SIGKILL)

    def stop(self):
        """An orderly end; fails when it takes longer than 10 s or ends badly."""
        code = self._signal(signal.SIGTERM)
        assert code == 0, f"{self.name} ended with {code} on SIGTERM"

    def _signal(self, number):
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"{self.name} did not end within 10 s of signal {number}") from None

    def tail(self, lines=40):
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Cluster:
    """A master, an agent per lab host, a grid, and the command line logged in to it; all with fresh state."""

    GRID = "e2e"

    def __init__(self, lab, folder, port=9292):
        self.lab = lab
        self.folder = folder
        self.url = f"http://{lab.gateway}:{port}"
        self.admin_token = secrets.token_hex(24)
        self.grid_token = secrets.token_hex(24)
        self.config = folder / "client.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.master = Process(
            "master",
            [BIN / "kontena-master", "--listen", f"{lab.gateway}:{port}", "--data-dir", folder / "master"],
            {"KONTENA_INITIAL_TOKEN": self.admin_token},
            folder / "master.log",
        )
        self.agents = [
            Process(
                f"agent-{host.number}",
                ["nsenter", f"--net=/run/netns/{host.netns}", BIN / "kontena-agent", "--url", self.url]
                + ["--data-dir", folder / f"agent-{host.number}", "--docker", host.docker_url, "--name", host.name],
                {"KONTENA_TOKEN": self.grid_token, "KONTENA_PRIVATE_IP": host.ip},
                folder / f"agent-{host.number}.log",
            )
            for host in lab.hosts
        ]
        self._repositories = 0

    @property
    def hosts(self):
        return self.lab.hosts

    def image(self, name):
        return self.lab.image(name)

    def start(self):
        self.start_master()
        self.cli("master", "login", "--token", self.admin_token, self.url)
        self.cli("grid", "create", "--token", self.grid_token, self.GRID)
        self.cli("grid", "use", self.GRID)
        for agent in self.agents:
            agent.start()
        self.wait_nodes_online()

    def start_master(self):
        self.master.start()
        wait_until("the master answers", self._master_answers, 20)

    def _master_answers(self):
        if not self.master.running():
            raise RuntimeError(f"the master ended:\n{self.master.tail()}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            urllib.request.urlopen(self.url + "/v1/ping", timeout=2).close()
            return True
        return False

    def wait_nodes_online(self, count=None):
        count = len(self.hosts) if count is None else count
        wait_until(f"{count} nodes are online", lambda: self.online_nodes() == count, 30)

    def online_nodes(self):
        return len(re.findall(r"\bonline\b", self.cli("node", "list").stdout))

    def end(self):
        for process in [*self.agents, self.master]:
            process.kill()

    def cli(self, *args, check=True, stdin=None, timeout=120):
        env = {"KONTENA_CONFIG": str(self.config), "COLUMNS": "1000", "HOME": str(self.folder)}
        return run([str(BIN / "kontena"), *map(str, args)], check=check, stdin=stdin, env=env, timeout=timeout)

    def api(self, method, path, body=None, timeout=30):
        """One request to the master's API: status and decoded body."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.admin_token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            text = error.read()
            with contextlib.suppress(ValueError):
                text = json.loads(text)
            return error.code, text

    # What runs

    def containers(self, service=None, state="running"):
        """Kontena's containers on all engines, of one `stack/service`, in that state (None: any); by instance."""
        found = []
        for host in self.hosts:
            for container in host.containers():
                if not container.service or (state and container.state != state):
                    continue
                if service and container.service != f"{self.GRID}/{service}":
                    continue
                found.append(container)
        return sorted(found, key=lambda c: (c.service, c.number, c.host))

    def running(self, service):
        return self.containers(service)

    def numbers(self, service):
        return [container.number for container in self.containers(service)]

    def ids(self, service):
        """Container id by instance number."""
        return {container.number: container.id for container in self.containers(service)}

    def wait_running(self, service, count, timeout=40):
        """Waits until exactly instances 1..count run, each once, and no other container of the service is left."""

        def as_wished():
            everything = self.containers(service, state=None)
            numbers = [container.number for container in everything if container.state == "running"]
            assert numbers == list(range(1, count + 1)), [(c.name, c.host, c.state) for c in everything]
            assert len(everything) == count, [(c.name, c.host, c.state) for c in everything]
            return True, everything

        return wait_until(f"instances 1 to {count} of {service} run, each once", as_wished, timeout)[1]

    def wait_deployed(self, service, timeout=40):
        """Waits until the newest deploy has succeeded. Before that, an instance whose container runs may still have to
        pass its gates, and does not count as available."""

        def succeeded():
            status, body = self.api("GET", f"/v1/services/{self.GRID}/{service}")
            assert status == 200, body
            assert body["deploy"]["state"] == "success", body["deploy"]
            return True

        return wait_until(f"the deploy of {service} succeeds", succeeded, timeout)

    def stable(self):
        """What must not change when nothing is to be done: id, start time and state of every container."""
        return {
            container.id: (container.name, container.state, host.inspect(container)["State"]["StartedAt"])
            for host in self.hosts
            for container in host.containers()
        }

    # Sources

    def repository(self, name=None):
        self._repositories += 1
        name = f"{name or 'stacks'}-{secrets.token_hex(3)}"
        return Repository(self.lab, name, self.folder / "repositories" / name)

    def add_source(self, repository, name="stacks", *options, url=None, interval="1s"):
        return self.cli(
            *("source", "add", name, "--url", url or repository.url, "--ref", "main", "--interval", interval),
            *("--username", self.lab.env["LAB_GIT_USER"], "--password-stdin", *options),
            stdin=self.lab.env["LAB_GIT_PASSWORD"],
        )

    def source(self, name="stacks"):
        return self.cli("source", "show", name).text

    def sync(self, name="stacks", check=True, timeout=90):
        return self.cli("source", "sync", name, "--wait", check=check, timeout=timeout)

    def apply(self, text, *options, check=True, timeout=90):
        """`kontena stack apply` of a stack file with that text."""
        file = self.folder / f"stack-{secrets.token_hex(3)}.yml"
        file.write_text(dedent(text))
        return self.cli("stack", "apply", "-f", file, *options, check=check, timeout=timeout)

    def diagnosis(self):
        """For the report of a failed test."""
        parts = []
        for process in [self.master, *self.agents]:
            state = "running" if process.running() else "not running"
            parts.append((f"{process.name} ({state}), end of its log", process.tail()))
        for command in (["node", "list"], ["service", "list"], ["source", "list"], ["events"]):
            with contextlib.suppress(Exception):
                parts.append((f"kontena {' '.join(command)}", self.cli(*command, check=False, timeout=5).text))
        listing = []
        with contextlib.suppress(Exception):
            for host in self.hosts:
                listing += [f"{host.name} {c.name} {c.state} {c.image} {c.id[:12]}" for c in host.containers()]
        parts.append(("containers", "\n".join(listing)))
        return parts


class StallingServer:
    """Accepts connections and never answers: a Git server that hangs."""

    def __init__(self, address):
        self._socket = socket.create_server((address, 0))
        self.port = self._socket.getsockname()[1]
        self.connections = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                self.connections.append(self._socket.accept()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self.connections:
            connection.close()


class Sampler:
    """Calls look() over and over in the background and keeps what it returned."""

    def __init__(self, look):
        self._look = look
        self._end = threading.Event()
        self.seen = []
        self.error = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            while not self._end.is_set():
                self.seen.append(self._look())
                self._end.wait(POLL / 2)
        except Exception as error:  # noqa: BLE001, handed to the test
            self.error = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join(30)
        if self.error:
            raise self.error


def remove_tree(path):
    shutil.rmtree(path, ignore_errors=True)
