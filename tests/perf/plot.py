"""Draws curves over a logarithmic number of things as SVG, with nothing but text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 40, 56, 56
COLOURS = ("#1f6feb", "#d1242f", "#8250df", "#1a7f37")
Points = Sequence[tuple[float, float]]


def svg(title: str, axes: tuple[str, str], curves: Mapping[str, Points]) -> str:
    """Both axes logarithmic: what grows with the work alone is a straight line of slope one."""
    xs, ys = (_decades([p[i] for points in curves.values() for p in points]) for i in (0, 1))
    marks = [*_frame(title, axes), *_grid(xs, ys)]
    for number, (name, points) in enumerate(curves.items()):
        marks += _curve(name, [_place(p, xs, ys) for p in points], number)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
    style = ' font-family="sans-serif" font-size="12">'
    return "\n".join([head + style, f"<title>{title}</title>", *marks, "</svg>", ""])


def _decades(values: Sequence[float]) -> tuple[int, int]:
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))


def _place(
    point: tuple[float, float], xs: tuple[int, int], ys: tuple[int, int]
) -> tuple[float, float]:
    right = (math.log10(point[0]) - xs[0]) / (xs[1] - xs[0])
    up = (math.log10(point[1]) - ys[0]) / (ys[1] - ys[0])
    return LEFT + right * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def _frame(title: str, axes: tuple[str, str]) -> list[str]:
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold">{title}</text>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">{axes[0]}</text>',
        f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">{axes[1]}</text>',
    ]


def _grid(xs: tuple[int, int], ys: tuple[int, int]) -> list[str]:
    marks = []
    for power in range(xs[0], xs[1] + 1):
        x, y = _place((10.0**power, 10.0 ** ys[0]), xs, ys)
        marks.append(f'<path d="M{x:.1f} {y:.1f}V{TOP}" stroke="#d0d7de"/>')
        marks.append(
            f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{_word(power)}</text>'
        )
    for power in range(ys[0], ys[1] + 1):
        x, y = _place((10.0 ** xs[0], 10.0**power), xs, ys)
        marks.append(f'<path d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}" stroke="#d0d7de"/>')
        marks.append(
            f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{_word(power)}</text>'
        )
    return marks


def _word(power: int) -> str:
    return f"{10.0**power:,.12g}" if power < 6 else f"{10 ** (power - 6)} million"


def _curve(name: str, points: Points, number: int) -> list[str]:
    colour = COLOURS[number % len(COLOURS)]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    at = LEFT + number * 200
    return [
        f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points),
        f'<circle cx="{at + 5}" cy="38" r="4" fill="{colour}"/>',
        f'<text x="{at + 15}" y="42">{name}</text>',
    ]
