"""What libvirt's own parser makes of a file: its complaint, or the value it finds for each key asked for."""
import ctypes
import os

from serve import FOLDER, serve

lib = ctypes.CDLL('libvirt.so.0')


class Value(ctypes.Structure):
    pass


# struct _virConfValue of src/util/virconf.h
Value._fields_ = [
    ('type', ctypes.c_int),
    ('next', ctypes.POINTER(Value)),
    ('l', ctypes.c_longlong),
    ('str', ctypes.c_char_p),
    ('list', ctypes.POINTER(Value)),
]
LLONG, ULLONG, STRING, LIST = 1, 2, 3, 4

lib.virInitialize()
lib.virConfReadFile.restype = ctypes.c_void_p
lib.virConfReadFile.argtypes = [ctypes.c_char_p, ctypes.c_uint]
lib.virConfGetValue.restype = ctypes.POINTER(Value)
lib.virConfGetValue.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
lib.virConfFree.argtypes = [ctypes.c_void_p]
lib.virGetLastErrorMessage.restype = ctypes.c_char_p
QUIET = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(lambda *_: None)
lib.virSetErrorFunc(None, QUIET)

PATH = os.path.join(FOLDER, 'libvirtd.conf').encode()


def plain(value):
    v = value.contents
    if v.type == STRING:
        return {'string': v.str.decode('utf-8', 'replace')}
    if v.type == LIST:
        items = []
        item = v.list
        while item:
            items.append(plain(item))
            item = item.contents.next
        return {'list': items}
    return {'int': str(v.l), 'signed': v.type == LLONG}


def answer(request):
    with open(PATH, 'wb') as f:
        f.write(request['bytes'])
    conf = lib.virConfReadFile(PATH, 0)
    if not conf:
        text = lib.virGetLastErrorMessage().decode('utf-8', 'replace')
        return {'error': text.rsplit(': ', 1)[-1], 'line': int(text.rsplit(':', 2)[-2])}
    values = {}
    for key in request['keys']:
        value = lib.virConfGetValue(conf, key.encode())
        values[key] = plain(value) if value else None
    lib.virConfFree(conf)
    return {'values': values}


serve(answer)
