#!/usr/bin/env python3
"""coverage.py BUILD: which lines of format/ a build with --coverage has run.

Prints a table and the total, and writes the lines that were missed to BUILD/missed.txt.
"""
import collections
import glob
import json
import subprocess
import sys


def counts(build):
    """How often each line of each file ran: {file: {line: count}}; tests that include a file run it, too."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    for notes in sorted(glob.glob(f'{build}/**/*.gcno', recursive=True)):
        run = subprocess.run(['gcov', '--json-format', '--stdout', notes], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, check=True)
        for file in json.loads(run.stdout)['files']:
            if not file['file'].startswith('format/'):
                continue
            for line in file['lines']:
                lines[file['file']][line['line_number']] += line['count']
    return lines


def main():
    build = sys.argv[1]
    lines = counts(build)
    run_all = whole_all = 0
    with open(f'{build}/missed.txt', 'w', encoding='utf-8') as missed:
        for name in sorted(lines):
            with open(name, encoding='utf-8') as source:
                text = source.read().split('\n')
            whole = len(lines[name])
            run = sum(count > 0 for count in lines[name].values())
            print(f'{run:6} of {whole:5} {100 * run / whole:6.1f} %  {name}')
            for number, count in sorted(lines[name].items()):
                if count == 0:
                    missed.write(f'{name}:{number}: {text[number - 1].strip()}\n')
            run_all += run
            whole_all += whole
    print(f'{run_all:6} of {whole_all:5} {100 * run_all / whole_all:6.1f} %  in all; what was missed '
          f'stands in {build}/missed.txt')


main()
