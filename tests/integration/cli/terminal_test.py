"""The program on a terminal."""

import os
import pty
import select
import signal
import tempfile
import termios
import time
import unittest

STACK = """stack: shop
variables:
  password: {type: string, from: {prompt: Secret}, echo: false}
services:
  web: {image: "a:${password}"}
"""
KONTENA = os.environ["KONTENA"]
LIMIT = 20


class Terminal:
    """A kontena whose standard streams are a terminal."""

    def __init__(self, *words):
        self.text = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execv(KONTENA, ["kontena", *words])
            finally:
                os._exit(127)

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def read_until(self, words):
        deadline = time.monotonic() + LIMIT
        while words not in self.text:
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {words!r} in {self.text!r}")
            self.text += os.read(self.fd, 4096)

    def type(self, text):
        os.write(self.fd, text)

    def status(self):
        """How it ended; the terminal can still be asked."""
        _, status = os.waitpid(self.pid, 0)
        return status


class SecretPrompt(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "shop.yml")
        with open(self.file, "w") as out:
            out.write(STACK)

    def prompted(self):
        one = Terminal("stack", "validate", self.file)
        one.read_until(b"Secret : ")
        deadline = time.monotonic() + LIMIT
        while one.echoes() and time.monotonic() < deadline:
            select.select([one.fd], [], [], 0.01)
        self.assertFalse(one.echoes(), "the secret is shown while it is typed")
        return one

    def test_an_answer_shows_typing_again(self):
        one = self.prompted()
        one.type(b"hidden\n")
        one.read_until(b"is valid")
        self.assertTrue(one.echoes())
        self.assertNotIn(b"hidden\r\n", one.text.split(b"---")[0])
        self.assertEqual(os.waitstatus_to_exitcode(one.status()), 0)

    def test_ctrl_c_shows_typing_again(self):
        one = self.prompted()
        one.type(b"\x03")
        status = one.status()
        self.assertTrue(os.WIFSIGNALED(status))
        self.assertEqual(os.WTERMSIG(status), signal.SIGINT)
        self.assertTrue(one.echoes(), "typing stays hidden")

    def test_a_signal_shows_typing_again(self):
        one = self.prompted()
        os.kill(one.pid, signal.SIGTERM)
        self.assertEqual(os.WTERMSIG(one.status()), signal.SIGTERM)
        self.assertTrue(one.echoes(), "typing stays hidden")


if __name__ == "__main__":
    unittest.main()
