"""What bench.sh measured: files of lines of part, series, x, quantity and value."""
import collections
import glob
import os
import statistics


class Results:
    def __init__(self, directory):
        self.values = collections.defaultdict(list)
        for path in sorted(glob.glob(os.path.join(glob.escape(directory), "*.tsv"))):
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    *key, value = line.rstrip("\n").split("\t")
                    self.values[tuple(key)].append(value)

    def text(self, part, series, x, quantity):
        return self.values[part, series, x, quantity][-1]

    def get(self, part, series, x, quantity):
        """The median of all rounds, or None."""
        values = self.values.get((part, series, x, quantity))
        return statistics.median(map(float, values)) if values else None

    def spread(self, part, series, x, quantity):
        """(largest - smallest) / median, of at least two rounds, or None."""
        values = [float(v) for v in self.values.get((part, series, x, quantity), [])]
        if len(values) < 2 or not statistics.median(values):
            return None
        return (max(values) - min(values)) / statistics.median(values)

    def series(self, part):
        """Names of what was measured in this part, in order."""
        return list(dict.fromkeys(key[1] for key in self.values if key[0] == part))

    def curve(self, part, series, quantity):
        """Points (x, y), x ascending."""
        xs = {key[2] for key in self.values if (key[0], key[1], key[3]) == (part, series, quantity)}
        return [(float(x), self.get(part, series, x, quantity)) for x in sorted(xs, key=float)]
