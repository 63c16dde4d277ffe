"""What libmount makes of a fstab, entry by entry; and, where asked, what `findmnt --verify` prints."""
import ctypes
import os
import subprocess

from serve import FOLDER, serve

lib = ctypes.CDLL('libmount.so.1')
for name in ('source', 'target', 'fstype', 'options'):
    getter = getattr(lib, f'mnt_fs_get_{name}')
    getter.restype = ctypes.c_char_p
    getter.argtypes = [ctypes.c_void_p]
for name in ('freq', 'passno'):
    getattr(lib, f'mnt_fs_get_{name}').argtypes = [ctypes.c_void_p]
lib.mnt_new_table.restype = ctypes.c_void_p
lib.mnt_new_iter.restype = ctypes.c_void_p
lib.mnt_table_parse_fstab.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
lib.mnt_table_next_fs.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)]
lib.mnt_unref_table.argtypes = [ctypes.c_void_p]
lib.mnt_free_iter.argtypes = [ctypes.c_void_p]
ERRORS = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
lib.mnt_table_set_parser_errcb.argtypes = [ctypes.c_void_p, ERRORS]

PATH = os.path.join(FOLDER, 'fstab')
bad_lines = []
on_error = ERRORS(lambda table, file, line: bad_lines.append(line) or 1)


def text(value):
    return None if value is None else value.decode('utf-8', 'replace')


def answer(request):
    with open(PATH, 'wb') as f:
        f.write(request['bytes'])
    bad_lines.clear()
    table = lib.mnt_new_table()
    lib.mnt_table_set_parser_errcb(table, on_error)
    lib.mnt_table_parse_fstab(table, PATH.encode())
    entries = []
    step = lib.mnt_new_iter(0)
    fs = ctypes.c_void_p()
    while lib.mnt_table_next_fs(table, step, ctypes.byref(fs)) == 0:
        entries.append({
            'source': text(lib.mnt_fs_get_source(fs)),
            'target': text(lib.mnt_fs_get_target(fs)),
            'type': text(lib.mnt_fs_get_fstype(fs)),
            'options': text(lib.mnt_fs_get_options(fs)),
            'dump': lib.mnt_fs_get_freq(fs),
            'passno': lib.mnt_fs_get_passno(fs),
        })
    lib.mnt_free_iter(step)
    lib.mnt_unref_table(table)
    result = {'badLines': list(bad_lines), 'entries': entries}
    if request.get('verify'):
        run = subprocess.run(['findmnt', '--verify', '--tab-file', PATH], capture_output=True)
        result['verify'] = (run.stdout + run.stderr).decode('utf-8', 'replace')
    return result


serve(answer)
