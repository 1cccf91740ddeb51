"""Login for a WeChat mini program with Python's standard library alone:

    WECHAT_APPID=… WECHAT_SECRET=… python3 server.py

`application` is WSGI, so that any WSGI server runs it (one process: the sessions are in its memory).
What it answers, and what to add before production: docs/en/servers.md, docs/zh/servers.md.
"""

import hashlib
import http.client
import json
import os
import re
import secrets
import sys
import threading
import time
import traceback
from socketserver import ThreadingMixIn
from urllib.parse import parse_qs, urlencode, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


def setting(name, otherwise):
    """An empty variable counts as one that is not set."""
    return os.environ.get(name) or otherwise


APPID = os.environ["WECHAT_APPID"]
SECRET = os.environ["WECHAT_SECRET"]
API_BASE = urlsplit(setting("WECHAT_API_BASE", "https://api.weixin.qq.com"))
TOKEN_TTL = int(setting("TOKEN_TTL", "7200"))
if TOKEN_TTL <= 0:
    raise SystemExit("TOKEN_TTL is a number of seconds")
BODY_BYTES = 16 * 1024
ANSWER_BYTES = 1024 * 1024
WECHAT_TIMEOUT = 5


class Failure(Exception):
    """What the client is told. Any other exception is our own trouble: 50001."""

    def __init__(self, status, code, msg, *headers):
        super().__init__(msg)
        self.status, self.code, self.msg, self.headers = status, code, msg, headers


UNAVAILABLE = ("502 Bad Gateway", 50201, "WeChat is not available")
BAD_CODE = ("400 Bad Request", 40029, "WeChat did not accept the code; get a fresh one")
REFUSALS = {
    -1: UNAVAILABLE,
    40029: BAD_CODE,
    40163: BAD_CODE,
    40226: ("403 Forbidden", 40301, "this user is blocked"),
    45011: ("429 Too Many Requests", 42901, "too many logins; try again later", ("Retry-After", "60")),
}


def log(*words):
    print(*words, file=sys.stderr, flush=True)


def openid_of(code):
    """Exchanges a code from wx.login.

    The session_key of the answer is not kept: only encrypted data needs it.
    """
    query = urlencode({"appid": APPID, "secret": SECRET, "js_code": code, "grant_type": "authorization_code"})
    # It follows no redirect, which would carry the secret to another host.
    https = API_BASE.scheme == "https"
    connect = http.client.HTTPSConnection if https else http.client.HTTPConnection
    connection = connect(API_BASE.netloc, timeout=WECHAT_TIMEOUT)
    try:
        connection.request("GET", "/sns/jscode2session?" + query)
        response = connection.getresponse()
        if response.status != 200:
            raise ValueError("HTTP %d" % response.status)
        # JSON, though its type says text/plain.
        answer = json.loads(response.read(ANSWER_BYTES))
        errcode = int(answer.get("errcode", 0))
        openid = answer.get("openid")
    except (OSError, http.client.HTTPException, ValueError, AttributeError, TypeError) as error:
        # Its name alone: a message may quote the URL, and with it the secret.
        log("WeChat is not available:", type(error).__name__)
        raise Failure(*UNAVAILABLE) from None
    finally:
        connection.close()
    if errcode != 0:
        # The rid is what WeChat's support asks for.
        rid = re.search(r"rid: [\w-]+", str(answer.get("errmsg")), re.ASCII)
        log("WeChat refuses:", errcode, rid.group() if rid else "")
        if errcode in REFUSALS:
            raise Failure(*REFUSALS[errcode])
        raise RuntimeError("WeChat refuses the configuration of this server")
    if not isinstance(openid, str) or not openid:
        raise Failure(*UNAVAILABLE)
    return openid


# SHA-256 of a token → (openid, when it ends): whoever reads this holds no token. A table in your
# database.
sessions = {}
lock = threading.Lock()


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def new_token(openid):
    token = secrets.token_urlsafe(32)
    now = time.time()
    with lock:
        # All live equally long, so the oldest come first.
        while sessions and next(iter(sessions.values()))[1] <= now:
            del sessions[next(iter(sessions))]
        sessions[sha256(token)] = (openid, now + TOKEN_TTL)
    return token


def openid_by(environ):
    """Whose token the request carries."""
    header = re.fullmatch(r"Bearer +(\S+)", environ.get("HTTP_AUTHORIZATION", ""), re.IGNORECASE)
    openid, ends_at = sessions.get(sha256(header.group(1)), ("", 0)) if header else ("", 0)
    if ends_at <= time.time():
        raise Failure("401 Unauthorized", 401, "log in", ("WWW-Authenticate", 'Bearer error="invalid_token"'))
    return openid


def body_of(environ):
    length = environ.get("CONTENT_LENGTH") or "0"
    if not re.fullmatch(r"\d+", length, re.ASCII):
        raise Failure("400 Bad Request", 40001, "the body is not JSON")
    if len(length) > 9 or int(length) > BODY_BYTES:
        raise Failure("413 Content Too Large", 41301, "the body is too long")
    try:
        return json.loads(environ["wsgi.input"].read(int(length)))
    except (ValueError, RecursionError):
        raise Failure("400 Bad Request", 40001, "the body is not JSON") from None


def login(environ):
    body = body_of(environ)
    code = body.get("code") if isinstance(body, dict) else None
    if not isinstance(code, str) or not re.fullmatch(r"[\w.~+/=-]{16,128}", code, re.ASCII):
        raise Failure("400 Bad Request", 40001, "code is not what wx.login gives")
    return {"authorizationToken": new_token(openid_of(code)), "expiresIn": TOKEN_TTL}


def home(environ):
    openid = openid_by(environ)
    name = parse_qs(environ.get("QUERY_STRING", "")).get("name", [""])[0]
    # The id of your own table of users; clients need no openid.
    return {"name": name, "user": {"id": sha256(openid)[:32]}}


ROUTES = {("POST", "/user/weixin-login"): login, ("GET", "/user/home"): home}


def application(environ, start_response):
    status, headers = "200 OK", ()
    try:
        route = ROUTES.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if not route:
            raise Failure("404 Not Found", 40401, "no such thing here")
        answer = {"code": 200, "msg": "ok", "data": route(environ)}
    except Exception as error:
        if not isinstance(error, Failure):
            log(traceback.format_exc())
            error = Failure("500 Internal Server Error", 50001, "internal error")
        status, headers = error.status, error.headers
        answer = {"code": error.code, "msg": error.msg, "data": None}
    own = [("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store")]
    start_response(status, own + list(headers))
    return [json.dumps(answer).encode()]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    # Beyond five that wait to be accepted, the sixth would wait a second.
    request_queue_size = 128


class Handler(WSGIRequestHandler):
    # How long a client may say nothing, s.
    timeout = 30

    def log_message(self, *_):
        """No line for each request."""


if __name__ == "__main__":
    host = setting("HOST", "127.0.0.1")
    server = make_server(host, int(setting("PORT", "3000")), application, Server, Handler)
    print("listening on http://%s:%d" % (host, server.server_port), flush=True)
    server.serve_forever()
