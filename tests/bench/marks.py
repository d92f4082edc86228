"""The marks that capsa is measured by, each as (mark, measured, met)."""

MIB = 1024


class Marks:
    def __init__(self, results):
        self.results = results
        self.rows = []
        self.cores = int(results.text("machine", "-", "-", "cores"))

    def add(self, where, mark, measured, bound, at_most=True, form="{:.2f}"):
        if measured is None:
            return
        met = measured <= bound if at_most else measured >= bound
        sign = "≤" if at_most else "≥"
        self.rows.append((where, mark, f"{sign} {form.format(bound)}", form.format(measured), met))

    def ratio(self, corpus, above, below):
        """Of two measurements (series, x, quantity), or None where one is missing."""
        a, b = self.results.get(corpus, *above), self.results.get(corpus, *below)
        return a / b if a is not None and b else None

    def size(self, corpus):
        def ratio(above, below):
            return self.ratio(corpus, (above, "pack", "size"), (below, "pack", "size"))

        for form in "", ", JSONL":
            self.add(corpus, f"size, level 19{form}, to ZIM", ratio(f"capsa@19{form}", "zim@19"), 1.00)
            self.add(corpus, f"size, default{form}, to zip", ratio(f"capsa@9{form}", "zip@6"), 0.78)
            self.add(corpus, f"size, dictionary, level 19{form}, to ZIM", ratio(f"capsa+d@19{form}", "zim@19"), 0.90)
            for level in 9, 19:
                self.add(corpus, f"size, dictionary, level {level}{form}, to solid tar",
                         ratio(f"capsa+d@{level}{form}", f"tar@{level}"), 1.03)
        bound = {"mdn": 32, "arxiv": 24}.get(corpus)
        system = "capsa@9, JSONL without URLs" if corpus == "arxiv" else "capsa@9"
        if bound and self.results.get(corpus, system, "parts", "articles"):
            self.add(corpus, f"index, bytes an article ({system})", index_bytes(self.results, corpus, system),
                     bound, form="{:.1f}")

    def get(self, corpus):
        for quantity in "cpu", "wall":
            self.add(corpus, f"get, process, {quantity}, to a bare program",
                     self.ratio(corpus, ("capsa@9", "get", quantity), ("floor", "get", quantity)), 2)
        self.add(corpus, "CPU of zimdump show to get",
                 self.ratio(corpus, ("zim@19", "get", "cpu"), ("capsa@9", "get", "cpu")), 4, False)
        rss = self.results.get(corpus, "capsa@9", "get", "rss")
        self.add(corpus, "get, memory, MiB", rss and rss / MIB, 16, form="{:.1f}")
        rss = self.results.get(corpus, "capsa+d@9", "get", "rss")
        self.add(corpus, "get, dictionary, memory, MiB", rss and rss / MIB, 16, form="{:.1f}")

    def verify(self, corpus):
        for system in "capsa@9", "capsa+d@9":
            speed = self.ratio(corpus, (system, "b2sum", "wall"), (system, "verify", "wall"))
            self.add(corpus, f"verify, speed to b2sum x cores ({system})", speed and speed / self.cores, 0.9, False)
        deep, unpack, digest = (self.results.get(corpus, "capsa@9", x, "wall")
                                for x in ("deep", "decompress", "b2sum-raw"))
        self.add(corpus, "verify --deep, time to (zstd -t + b2sum) / cores",
                 deep and deep / ((unpack + digest) / self.cores), 1.1)
        self.add(corpus, "extract all, time to tar --zstd -x",
                 self.ratio(corpus, ("capsa@9", "extract", "wall"), ("tar@9", "extract", "wall")), 1.0)

    def pack(self, corpus):
        for level in 9, 19:
            self.add(corpus, f"pack, level {level}, speed to tar | zstd -T0",
                     self.ratio(corpus, (f"tar@{level}", "pack", "wall"), (f"capsa@{level}", "pack", "wall")),
                     1.0, False)
        articles = self.results.get(corpus, "capsa@9", "parts", "articles") or 0
        rss = self.results.get(corpus, "capsa@9", "pack", "rss")
        self.add(corpus, "pack, memory, MiB", rss and rss / MIB,
                 64 + 64 * self.cores + 24 * articles / MIB ** 2, form="{:.0f}")

    def scale(self):
        results = self.results
        for series, bound in ("no dictionary", 500), ("dictionary", 200):
            self.add("10^6 articles", f"get, in-process, {series}, µs",
                     results.get("scale", series, "1000000", "us"), bound, form="{:.0f}")
            points = dict(results.curve("scale", series, "us"))
            memory = dict(results.curve("scale", series, "rss"))
            if not points:
                continue
            last = max(points)
            if 1e4 in points and last > 1e4:
                self.add(f"{last:,.0f} articles", f"get, {series}, to 10,000 articles", points[last] / points[1e4], 1.5)
            if 1e5 in memory and last > 1e5:
                grown = (memory[last] - memory[1e5]) * 1024 / (last - 1e5)
                self.add(f"{last:,.0f} articles", f"pack, {series}, memory grown since 100,000, bytes an article",
                         grown, 24, form="{:.1f}")
            self.add(f"{last:,.0f} articles", f"pack, {series}, memory, MiB", memory[last] / MIB,
                     64 + 64 * self.cores + 24 * last / MIB ** 2, form="{:.0f}")

    def all(self, corpora):
        for corpus in corpora:
            self.size(corpus)
            self.get(corpus)
            self.verify(corpus)
            self.pack(corpus)
        self.scale()
        return self.rows


def index_bytes(results, corpus, system):
    """Of all trees together, an article."""
    trees = [results.get(corpus, system, "parts", f"index_{tree}") or 0
             for tree in ("spine", "path", "url", "title", "date", "other")]
    return sum(trees) / results.get(corpus, system, "parts", "articles")
