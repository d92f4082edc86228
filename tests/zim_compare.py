"""Compares an archive with the ZIM file it was made of, as zimdump shows it.

    zim_compare.py LIST DUMP ARTICLES

LIST is what `zimdump list --details` prints, DUMP the directory of `zimdump dump`, ARTICLES what
`capsa list --json` prints.  Prints the number of entries that were compared, or says what differs.
"""
import hashlib
import json
import os
import sys


def read_list(name):
    entries, entry = [], None
    for line in open(name, encoding='utf-8'):
        key, _, value = line.rstrip('\n').partition(': ')
        if key == 'path':
            entry = {'path': value}
            entries.append(entry)
        elif entry is not None:
            entry[key.strip('* ')] = value.strip()
    return entries


def body(directory, path):
    for name in (path, '_exceptions/' + path.replace('/', '%2f')):
        if os.path.isfile(os.path.join(directory, name)):
            with open(os.path.join(directory, name), 'rb') as file:
                return file.read()
    return None


def differences(entry, article, entries, paths, directory):
    if entry['type'] == 'redirect':
        if article.get('location') != paths[int(entry['redirect index'])]:
            yield 'location'
        if article['size'] != 0 or article.get('title') != entry['title']:
            yield 'redirect'
        return
    if article.get('format') != entry['mime-type']:
        yield 'media type'
    if article['size'] != int(entry['item size']):
        yield 'size'
    if entry['title'] != entry['path'] and article.get('title') != entry['title']:
        yield 'title'
    data = body(directory, entry['path'])
    if data is None or article['digest'] != 'blake2b-256:' + hashlib.blake2b(data, digest_size=32).hexdigest():
        yield 'body'


def main():
    entries = read_list(sys.argv[1])
    articles = {}
    for line in open(sys.argv[3], encoding='utf-8'):
        article = json.loads(line)
        articles[article['path']] = article
    # An entry that is a directory of others is called so.
    paths = [e['path'] if e['path'] in articles else e['path'] + '%-' for e in entries]
    bad = 0
    for entry, path in zip(entries, paths):
        article = articles.pop(path, None)
        what = ['missing'] if article is None else list(
            differences(entry, article, entries, paths, sys.argv[2]))
        if what:
            print('%s: %s' % (path, ', '.join(what)))
            bad += 1
    for path in articles:
        if not path.startswith('M/'):
            print('%s: not in the ZIM file' % path)
            bad += 1
    print(len(entries))
    sys.exit(bad != 0)


main()
