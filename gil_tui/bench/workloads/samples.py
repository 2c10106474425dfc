"""Realistic data made by formulas: the same in every process and under every interpreter."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

CITIES = ("Århus", "Bern", "Kraków", "Lyon", "Malmö", "Porto", "Trento", "Utrecht")
METHODS = ("GET", "GET", "GET", "POST", "PUT")
PATHS = ("/", "/basket", "/search?q=lamp&page=%d", "/product/%d", "/api/v2/orders/%d/lines")
STATUSES = (200, 200, 200, 200, 304, 404, 200, 500)
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15",
    "curl/8.5.0",
)


def order(lines: int) -> Dict[str, Any]:
    """A customer's order as a web shop keeps it: nested, with texts, numbers, flags and nothing."""
    return {
        "id": 0,
        "placed": "2026-03-14T15:09:26.535Z",
        "customer": {
            "name": 'Zoë "Zoe" Müller',
            "email": "zoe.mueller@example.org",
            "phone": None,
            "returning": True,
            "address": {"street": "Lange Gasse 7\nHinterhaus", "city": CITIES[0], "code": "04109"},
        },
        "lines": [_order_line(position) for position in range(lines)],
        "discount": 0.125,
        "paid": False,
    }


def _order_line(position: int) -> Dict[str, Any]:
    return {
        "position": position,
        "sku": "LMP-%05d" % (position * 7919 % 100_000),
        "title": "Lamp no. %d, made in %s" % (position, CITIES[position % len(CITIES)]),
        "quantity": 1 + position % 4,
        "price": (499 + 137 * position) / 100,
        "weight_kg": (3 + position % 11) / 8,
        "tags": ["lamp", "indoor" if position % 3 else "outdoor"],
        "in_stock": position % 5 != 0,
    }


def log_lines(count: int) -> List[str]:
    """Lines of a web server's access log in the combined format; no two are equal."""
    return [_log_line(number) for number in range(count)]


def _log_line(number: int) -> str:
    mixed = number * 2654435761 % 4294967296
    path = PATHS[mixed % len(PATHS)]
    return '10.%d.%d.%d - - [14/Mar/2026:%02d:%02d:%02d +0100] "%s %s HTTP/1.1" %d %d "-" "%s"' % (
        mixed >> 24,
        mixed >> 16 & 255,
        mixed >> 8 & 255,
        number // 3600 % 24,
        number // 60 % 60,
        number % 60,
        METHODS[mixed % 7 % len(METHODS)],
        path % (mixed % 100_000) if "%" in path else path,
        STATUSES[mixed % 11 % len(STATUSES)],
        mixed % 65_536 + number,
        AGENTS[mixed % 13 % len(AGENTS)],
    )
