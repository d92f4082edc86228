"""Line plots as SVG."""
import html
import math

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 40, 55
COLOURS = ["#0b6e99", "#d1495b", "#3a7d44", "#8f5db7", "#c77d0a", "#555555", "#00a6a6", "#a0522d"]


class Axis:
    """Maps values to pixels; logarithmic where the values span more than a factor of 30."""

    def __init__(self, values, begin, end, from_zero):
        self.log = min(values) > 0 and max(values) / min(values) > 30
        low, high = min(values), max(values)
        if from_zero and not self.log:
            low = 0
        self.low, self.high = self.place(low), self.place(high)
        if self.low == self.high:
            self.high += 1
        self.begin, self.end = begin, end

    def place(self, value):
        return math.log10(value) if self.log else value

    def at(self, value):
        share = (self.place(value) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self):
        if self.log:
            decades = range(math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9) + 1)
            return [10 ** d * m for d in decades for m in ((1,) if len(decades) > 3 else (1, 2, 5))
                    if 10 ** d * m <= 10 ** self.high * 1.001]
        step = 10 ** math.floor(math.log10((self.high - self.low) / 4))
        step *= next(m for m in (1, 2, 5, 10) if (self.high - self.low) / (step * m) <= 6)
        return [step * i for i in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]


def label(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


def text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{html.escape(words)}</text>'


def chart(title, x_title, y_title, lines, ticks=None, tick_label=label):
    """`lines` are (name, points); `ticks` the values on the x axis that are named."""
    lines = [(name, points) for name, points in lines if points]
    x = Axis([p[0] for _, points in lines for p in points], LEFT, WIDTH - RIGHT, False)
    y = Axis([p[1] for _, points in lines for p in points], HEIGHT - BOTTOM, TOP, True)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           text(LEFT, 22, title, "start", 'font-size="15"'),
           text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x_title),
           text(16, HEIGHT / 2, y_title, "middle", f'transform="rotate(-90 16 {HEIGHT / 2})"')]
    for value in y.ticks():
        out.append(f'<path d="M{LEFT} {y.at(value):.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        out.append(text(LEFT - 6, y.at(value) + 4, label(value), "end"))
    for value in ticks or x.ticks():
        out.append(text(x.at(value), HEIGHT - BOTTOM + 18, tick_label(value)))
    for number, (name, points) in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x.at(a):.1f}" cy="{y.at(b):.1f}" r="3" fill="{colour}">'
                f'<title>{html.escape(name)}: {label(a)}: {b:,.4g}</title></circle>' for a, b in points]
        out.append(f'<path d="M{WIDTH - RIGHT + 15} {TOP + 10 + 20 * number}h18" stroke="{colour}" '
                   'stroke-width="3"/>')
        out.append(text(WIDTH - RIGHT + 40, TOP + 14 + 20 * number, name, "start"))
    return "\n".join([*out, "</svg>", ""])
