"""How systemd reads a unit: config_parse of its own library, and `systemd-analyze verify` for what an operator would see."""
import ctypes
import glob
import os
import re
import subprocess

from serve import FOLDER, serve

PATTERNS = [
    '/usr/lib/*/systemd/libsystemd-shared-*.so',
    '/usr/lib/systemd/libsystemd-shared-*.so',
    '/lib/systemd/libsystemd-shared-*.so',
]
LIBRARY = ctypes.CDLL(next(path for pattern in PATTERNS for path in sorted(glob.glob(pattern))))
LIBC = ctypes.CDLL(None)
LIBC.fopen.restype = ctypes.c_void_p
LIBC.fclose.argtypes = [ctypes.c_void_p]

STRING = ctypes.c_char_p
PARSER = ctypes.CFUNCTYPE(
    ctypes.c_int, STRING, STRING, ctypes.c_uint, STRING, ctypes.c_uint, STRING, ctypes.c_int, STRING,
    ctypes.c_void_p, ctypes.c_void_p,
)
LOOKUP = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, STRING, STRING, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_int),
    ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p,
)
# CONFIG_PARSE_WARN
WARN = 1 << 1
SECTIONS = b'Unit\0Socket\0Install\0\0'

found = []


def text(raw):
    return raw.decode('utf-8', 'surrogateescape')


@PARSER
def take(unit, filename, line, section, section_line, key, kind, value, data, user):
    found.append([text(section), text(key), text(value), line])
    return 0


@LOOKUP
def lookup(table, section, key, parser, kind, data, user):
    parser[0] = ctypes.cast(take, ctypes.c_void_p).value
    kind[0] = 0
    data[0] = None
    # Callers tell a known key by any number above 0.
    return 1


PATH = os.path.join(FOLDER, 'u.socket')
LOG = os.path.join(FOLDER, 'log')
LINE = re.compile(r'^[^\n]*?/u\.socket:(\d+): (.*)$', re.M)


def complaints(log):
    return [[int(line), words] for line, words in LINE.findall(log)]


def answer(request):
    with open(PATH, 'wb') as f:
        f.write(request['bytes'])
    found.clear()
    # The library logs to standard error.
    kept = os.dup(2)
    log = os.open(LOG, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 2)
    try:
        stream = LIBC.fopen(PATH.encode(), b're')
        status = LIBRARY.config_parse(
            None, PATH.encode(), ctypes.c_void_p(stream), SECTIONS, lookup, None, WARN, None, None,
        )
        LIBC.fclose(stream)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    os.lseek(log, 0, os.SEEK_SET)
    with os.fdopen(log, 'rb') as f:
        said = f.read().decode('utf-8', 'replace')
    reply = {'status': status, 'entries': list(found), 'complaints': complaints(said)}
    if request.get('verify'):
        run = subprocess.run(['systemd-analyze', 'verify', '--man=no', PATH], capture_output=True)
        reply['verify'] = complaints(run.stderr.decode('utf-8', 'replace'))
    return reply


serve(answer)
