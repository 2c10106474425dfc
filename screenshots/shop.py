"""A small HTTP service that is slow under load: the README's example.

`python shop.py` answers on port 8000; `python shop.py --clients 4` asks it four at a time for five seconds.
"""

import argparse
import contextlib
import http.client
import http.server
import time
from concurrent.futures import ThreadPoolExecutor

PARCELS = ((250, 390), (500, 550), (1000, 810), (2500, 1320), (5000, 2150))
"""What a parcel may weigh in grams, and what it costs in cents."""


def postage(number: int = 0) -> int:
    """What it costs to send a basket of 15 kg, in the cheapest parcels that hold it."""
    cheapest = [0]
    for grams in range(1, 15_001):
        best = 1_000_000
        for most, cents in PARCELS:
            total = cheapest[max(0, grams - most)] + cents
            if total < best:
                best = total
        cheapest.append(best)
    return cheapest[-1]


class Shop(http.server.BaseHTTPRequestHandler):
    """Answers every request with the postage, in a thread for each client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the end of an answer waits until its beginning is acknowledged

    def do_GET(self) -> None:
        """The postage in euros."""
        answer = f"{postage() / 100:.2f}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # who asked has gone
            self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Quietly."""


def asked(port: int, seconds: float) -> int:
    """Ask again and again; returns how many answers came. Raises ConnectionError where nobody listens."""
    connection, answers = http.client.HTTPConnection("127.0.0.1", port), 0
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        connection.request("GET", "/")
        connection.getresponse().read()
        answers += 1
    connection.close()
    return answers


def load(port: int, clients: int, seconds: float) -> str:
    """What so many clients at once get, in a line."""
    with ThreadPoolExecutor(clients) as pool:
        answers = sum(pool.map(lambda _: asked(port, seconds), range(clients)))
    each_ms = 1000 * seconds * clients / answers
    who = f"{clients} client{'s' if clients > 1 else ''}"
    return f"{who}: {each_ms:.0f} ms an answer, {answers / seconds:.0f} answers a second"


def main() -> None:
    """Serve, or ask."""
    parser = argparse.ArgumentParser(description="A small HTTP service that is slow under load.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--clients", type=int, default=0, help="ask so many at once instead of serving")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to ask")
    args = parser.parse_args()
    if args.clients:
        print(load(args.port, args.clients, args.seconds))
    else:
        http.server.ThreadingHTTPServer(("127.0.0.1", args.port), Shop).serve_forever()


if __name__ == "__main__":
    main()
