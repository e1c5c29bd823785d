"""Stack files behind URLs and in a registry, from a server that is not ours, with and without TLS."""

import http.server
import os
import ssl
import subprocess
import tempfile
import threading
import unittest

STACK = b"stack: acme/shop\nversion: 1.2.0\nservices:\n  web: {image: a}\n"
KONTENA = os.environ["KONTENA"]
REGISTRY = "/v2/organizations/acme/stacks/shop/stack-versions/"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        server = self.server
        server.seen.append(self.path)
        yaml = [("Content-Type", "application/yaml")]
        if self.path in ("/ok.yml", "/sub/ok.yml", REGISTRY + "latest/yaml"):
            self.answer(200, STACK, yaml)
        elif self.path == "/moved":
            self.answer(302, headers=[("Location", "/ok.yml")])
        elif self.path == "/sub/moved":
            self.answer(301, headers=[("Location", "ok.yml")])
        elif self.path == "/loop":
            self.answer(307, headers=[("Location", "/loop")])
        elif self.path == "/plain":
            self.answer(302, headers=[("Location", server.plain + "/ok.yml")])
        elif self.path == "/file":
            self.answer(302, headers=[("Location", "file:///etc/passwd")])
        elif self.path == "/broken":
            self.answer(500, b"<html>oops</html>")
        elif self.path == "/page":
            self.answer(200, b"<!DOCTYPE html>\n<html></html>", [("Content-Type", "text/html; charset=utf-8")])
        elif self.path == "/bare-page":
            self.answer(200, b"\n<html><body>x</body></html>")
        elif self.path == "/not-yaml":
            self.answer(200, b"stack: [", yaml)
        elif self.path == "/large":
            self.answer(200, b"#" * (5 * 1024 * 1024), yaml)
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(STACK)
            self.close_connection = True
        elif self.path == "/silent":
            server.stopped.wait(60)
            self.close_connection = True
        else:
            self.answer(404)


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that refuses the certificate is no event here."""


def serve(certificate=None):
    server = Quiet(("127.0.0.1", 0), Handler)
    server.seen = []
    server.stopped = threading.Event()
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate + ".pem", certificate + ".key")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    server.address = f"{scheme}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def make_certificate(path, name):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", path + ".key", "-out", path + ".pem", "-days", "2", "-subj", "/CN=test",
         "-addext", "subjectAltName=" + name],
        check=True, capture_output=True)


class Fetching(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.home = cls.folder.name
        cls.good = os.path.join(cls.home, "good")
        cls.other = os.path.join(cls.home, "other")
        make_certificate(cls.good, "IP:127.0.0.1")
        make_certificate(cls.other, "DNS:elsewhere.example")
        cls.http = serve()
        cls.https = serve(cls.good)
        cls.wrong = serve(cls.other)
        cls.https.plain = cls.http.address
        cls.http.plain = cls.http.address

    @classmethod
    def tearDownClass(cls):
        for server in (cls.http, cls.https, cls.wrong):
            server.stopped.set()
            server.shutdown()
            server.server_close()
        cls.folder.cleanup()

    def validate(self, address, **env):
        return subprocess.run(
            [KONTENA, "stack", "validate", address],
            env={"HOME": self.home, "PATH": os.environ["PATH"], "EXCON_READ_TIMEOUT": "1", **env},
            cwd=self.home, capture_output=True, text=True, timeout=60)

    def works(self, address, **env):
        ran = self.validate(address, **env)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn("stack: acme/shop", ran.stdout)

    def fails(self, address, *words, **env):
        ran = self.validate(address, **env)
        self.assertEqual(ran.returncode, 1)
        for word in words:
            self.assertIn(word, ran.stderr)
        self.assertEqual(ran.stdout, "")

    def test_a_file(self):
        self.works(self.http.address + "/ok.yml")

    def test_a_redirect(self):
        self.works(self.http.address + "/moved")

    def test_a_redirect_to_a_file_beside_it(self):
        self.works(self.http.address + "/sub/moved")

    def test_a_circle_of_redirects(self):
        self.fails(self.http.address + "/loop", "too many redirects")

    def test_a_redirect_to_another_kind_of_address(self):
        self.fails(self.http.address + "/file", "only http and https are fetched")

    def test_not_there(self):
        self.fails(self.http.address + "/none", "/none: 404 Not Found")

    def test_a_broken_server(self):
        self.fails(self.http.address + "/broken", "/broken: 500 Internal Server Error")

    def test_a_web_page(self):
        for path in ("/page", "/bare-page"):
            self.fails(self.http.address + path, path + ": is a web page, not a stack file")

    def test_no_yaml(self):
        self.fails(self.http.address + "/not-yaml", "/not-yaml:1:")

    def test_too_large(self):
        self.fails(self.http.address + "/large", "/large", "larger than 4194304 bytes")

    def test_cut_off(self):
        self.fails(self.http.address + "/cut", "fetching", "/cut")

    def test_no_answer_in_time(self):
        self.fails(self.http.address + "/silent", "fetching", "/silent", "no answer")

    def test_nobody_listens(self):
        server = serve()
        address = server.address
        server.shutdown()
        server.server_close()
        self.fails(address + "/ok.yml", "cannot connect to 127.0.0.1", "refused")

    def test_tls(self):
        self.works(self.https.address + "/ok.yml", SSL_CERT_FILE=self.good + ".pem")
        self.works(self.https.address + "/moved", SSL_CERT_FILE=self.good + ".pem")

    def test_a_certificate_of_nobody(self):
        self.fails(
            self.https.address + "/ok.yml",
            "certificate of 127.0.0.1 is not trusted",
            "SSL_CERT_FILE=FILE names the authority")

    def test_a_certificate_of_another(self):
        self.fails(
            self.wrong.address + "/ok.yml", "is for another name", SSL_CERT_FILE=self.other + ".pem")

    def test_a_redirect_from_tls_to_none(self):
        self.fails(
            self.https.address + "/plain", "leads from https to http", SSL_CERT_FILE=self.good + ".pem")

    def test_no_tls_where_tls_is_expected(self):
        self.fails(self.http.address.replace("http:", "https:") + "/ok.yml", "TLS handshake")

    def test_the_registry(self):
        env = {"KONTENA_STACK_REGISTRY_URL": self.http.address}
        self.works("acme/shop", **env)
        self.assertIn(REGISTRY + "latest/yaml", self.http.seen)
        before = len(self.http.seen)
        self.works("acme/shop:1.2.0", **env)
        self.assertEqual(len(self.http.seen), before, "it is in the cache")
        self.fails("acme/none", "acme/none: no such file, and not in the stack registry", "404", **env)

    def test_a_registry_that_does_not_answer(self):
        self.fails(
            "acme/other",
            "the stack registry does not give it",
            KONTENA_STACK_REGISTRY_URL="http://127.0.0.1:1")


if __name__ == "__main__":
    unittest.main()
