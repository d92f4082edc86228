#!/usr/bin/env python3
"""Tables and plots of what bench.sh measured: report.py MEASURED DIR reads MEASURED/*.tsv, writes
DIR/RESULTS.md and plots beside it, and prints the tables."""
import os
import sys

from marks import Marks, index_bytes
from plot import chart
from results import Results

MB = 1e6


def table(head, rows):
    """Markdown; the first column is text, numbers are set right."""
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in [head, rule, *rows]] + [""]


def number(value, form="{:.2f}", scale=1.0):
    return "–" if value is None else form.format(value * scale)


def corpus_table(results, corpus):
    head = ["system", "MB", "to capsa", "pack s", "pack CPU s", "pack MiB", "get ms", "get CPU ms", "to floor",
            "list s", "verify s", "extract s"]
    size = results.get(corpus, "capsa@9", "pack", "size")
    floor = results.get(corpus, "floor", "get", "cpu")
    rows = []
    for system in results.series(corpus):
        if results.get(corpus, system, "pack", "size") is None:
            continue

        def of(x, quantity, system=system):
            return results.get(corpus, system, x, quantity)

        cpu = of("get", "cpu")
        rows.append([system, number(of("pack", "size"), scale=1 / MB), number(of("pack", "size") / size),
                     number(of("pack", "wall")), number(of("pack", "cpu")),
                     number(of("pack", "rss"), "{:.0f}", 1 / 1024), number(of("get", "wall"), scale=1e3),
                     number(cpu, scale=1e3), number(cpu and cpu / floor, "{:.1f}"), number(of("list", "wall"), "{:.3f}"),
                     number(of("verify", "wall"), "{:.3f}"), number(of("extract", "wall"))])
    return table(head, rows)


def floor_table(results, corpus):
    """What capsa does beside the stock tools that bound it."""
    def wall(system, x):
        return number(results.get(corpus, system, x, "wall"), "{:.3f}")

    rows = [[system, wall(system, "verify"), wall(system, "b2sum"), wall(system, "deep"), wall(system, "decompress"),
             wall(system, "b2sum-raw"), wall(system, "sha256sum")] for system in ("capsa@9", "capsa+d@9")]
    return table(["seconds", "verify", "b2sum", "verify --deep", "zstd -t", "b2sum, raw", "sha256sum"], rows)


def lookup_table(results, part, x_of):
    quantities = [("us", "{:.0f}"), ("us_mean", "{:.0f}"), ("us_99", "{:.0f}"), ("reads", "{:.2f}"), ("bytes", "{:.0f}"),
                  ("cold_reads", "{:.2f}"), ("cold_bytes", "{:.0f}")]
    rows = []
    for series in results.series(part):
        for x in x_of(series):
            if results.get(part, series, x, "us") is not None:
                name = series if x == "lookups" else f"{int(x):,} articles, {series}"
                rows.append([name] + [number(results.get(part, series, x, q), form) for q, form in quantities])
    return table(["one get", "median µs", "mean µs", "99% µs", "reads", "bytes", "reads, cold", "bytes, cold"], rows)


def parts_table(results, corpus):
    """Bytes an article, by part."""
    names = ["article_frames", "metadata_frames", "index_spine", "index_path", "index_url", "index_title", "index_date"]
    rows = []
    for series in results.series(corpus):
        articles = results.get(corpus, series, "parts", "articles")
        if articles:
            rows.append([series] + [number(results.get(corpus, series, "parts", name), "{:.1f}", 1 / articles)
                                    for name in names] + [number(index_bytes(results, corpus, series), "{:.1f}")])
    return table(["bytes an article", "bodies", "metadata", "spine", "path", "url", "title", "date", "index"], rows)


def scale_table(results):
    rows = []
    for series in results.series("scale"):
        for x, rss in results.curve("scale", series, "rss"):
            x = str(int(x))
            rows.append([f"{int(x):,} articles, {series}", number(results.get("scale", series, x, "size"), "{:.1f}", 1 / MB),
                         number(results.get("scale", series, x, "wall")), number(rss, "{:.0f}", 1 / 1024),
                         number(results.get("scale-get", series, x, "cpu"), scale=1e3),
                         number(results.get("scale-get", series, x, "rss"), "{:.1f}", 1 / 1024),
                         number(results.get("scale-list", series, x, "wall"), "{:.3f}"),
                         number(results.get("scale-list", series, x, "rss"), "{:.1f}", 1 / 1024),
                         number(results.get("scale-verify", series, x, "wall"), "{:.3f}"),
                         number(results.get("scale-verify", series, x, "rss"), "{:.1f}", 1 / 1024)])
    return table(["scale", "MB", "pack s", "pack MiB", "get CPU ms", "get MiB", "list s", "list MiB", "verify s",
                  "verify MiB"], rows)


def marks_table(results, corpora):
    rows = [[where, mark, bound, measured, "yes" if met else "**no**"]
            for where, mark, bound, measured, met in Marks(results).all(corpora)]
    return table(["where", "mark", "asked", "measured", "met?"], rows)


def binary(value):
    return f"{value / 1024:.0f} K" if value < 1 << 20 else f"{value / (1 << 20):.0f} M"


def curves(results, part, quantity, scale, series=None):
    return [(name, [(x, y * scale) for x, y in results.curve(part, name, quantity)])
            for name in series or results.series(part)]


def plots(results, corpora):
    """(file, SVG) of all that was measured."""
    if results.series("levels"):
        corpus = corpora[0]
        size = results.get(corpus, "corpus", "-", "bytes")
        levels = [x for x, _ in results.curve("levels", results.series("levels")[0], "size")]
        # Size does not depend on the number of threads.
        once = [name for name in results.series("levels") if "threads" not in name or name.endswith(": 1")]
        lines = [(name.replace(", threads: 1", ""), points) for name, points in
                 curves(results, "levels", "size", 1 / MB, once)]
        yield "size-by-level.svg", chart(f"Size of {corpus}", "zstd level", "MB", lines, levels)
        lines = [(name, [(x, size / MB / y) for x, y in points])
                 for name, points in curves(results, "levels", "wall", 1)]
        yield "pack-by-level.svg", chart(f"Throughput of pack, {corpus}", "zstd level", "MB/s", lines, levels)
    if results.series("frames"):
        frames = [x for x, _ in results.curve("frames", results.series("frames")[0], "size")]
        yield "size-by-frame.svg", chart(f"Size of {corpora[0]}", "frame size", "MB",
                                         curves(results, "frames", "size", 1 / MB), frames, binary)
        yield "get-by-frame.svg", chart(f"One get in process, {corpora[0]}", "frame size", "median µs",
                                        curves(results, "frames", "us", 1), frames, binary)
    if results.series("scale"):
        for quantity, scale, title, unit in [
                ("us", 1, "One get in process", "median µs"),
                ("bytes", 1 / 1024, "Read for one get in an open archive", "KiB"),
                ("rss", 1 / 1024, "Memory of pack", "MiB")]:
            name = {"us": "get", "bytes": "bytes", "rss": "memory"}[quantity]
            yield f"{name}-by-articles.svg", chart(title, "articles", unit, curves(results, "scale", quantity, scale))


def title(results):
    def machine(quantity):
        return results.text("machine", "-", "-", quantity)

    versions = ", ".join(f"{package} {results.text('machine', 'version', package, 'text')}"
                         for _, series, package, _ in results.values if series == "version")
    return ["# Measurements", "",
            f"Written by `make bench` on {machine('date')}: {machine('cores')} cores ({machine('cpu')}), load "
            f"{machine('load')} when it began, {machine('rounds')} rounds, medians. {versions}.", ""]


def corpus_section(results, corpus):
    files, size = (results.get(corpus, "corpus", "-", quantity) for quantity in ("files", "bytes"))
    spread = results.spread(corpus, "capsa@9", "pack", "wall")
    return [f"## {corpus}: {files:,.0f} files, {size / MB:.1f} MB", "",
            *corpus_table(results, corpus),
            f"Rounds of capsa's pack differ by {number(spread, '{:.0%}')}. floor is the bare program: "
            f"{number(results.get(corpus, 'floor', 'get', 'wall'), scale=1e3)} ms, "
            f"{number(results.get(corpus, 'floor', 'get', 'cpu'), scale=1e3)} ms CPU.", "",
            *floor_table(results, corpus), *lookup_table(results, corpus, lambda _: ["lookups"]),
            *parts_table(results, corpus)]


def main(measured, directory):
    results = Results(measured)
    corpora = [part for part in dict.fromkeys(key[0] for key in results.values)
               if results.get(part, "capsa@9", "pack", "size")]
    here = os.path.dirname(os.path.abspath(__file__))
    tables = ["## Marks", "", *marks_table(results, corpora)]
    for corpus in corpora:
        tables += corpus_section(results, corpus)
    if results.series("scale"):
        tables += ["## Scale: small articles", "", *scale_table(results),
                   *lookup_table(results, "scale", lambda series: [f"{x:.0f}" for x, _ in
                                                                   results.curve("scale", series, "us")])]
    print("\n".join(tables))
    images = []
    for name, svg in plots(results, corpora or [results.text("machine", "-", "-", "corpora").split()[0]]):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(svg)
        images += [f"![{name}]({name})", ""]
    with open(os.path.join(here, "notes.md"), encoding="utf-8") as file:
        notes = file.read()
    with open(os.path.join(directory, "RESULTS.md"), "w", encoding="utf-8") as file:
        file.write("\n".join([*title(results), *tables, "## Curves", "", *images, notes]))


main(*sys.argv[1:])
