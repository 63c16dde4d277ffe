"""What augeas makes of a text by one of its lenses: None, or the line at which it gives up (0 where it does not say)."""
import ctypes
import ctypes.util

from serve import serve

lib = ctypes.CDLL('libaugeas.so.0')
lib.aug_init.restype = ctypes.c_void_p
lib.aug_init.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint]
lib.aug_set.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
lib.aug_rm.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
lib.aug_text_store.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p]
lib.aug_get.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_char_p)]
NO_LOAD, NO_AUTOLOAD = 1 << 5, 1 << 6

tree = lib.aug_init(b'/nonexistent', None, NO_LOAD | NO_AUTOLOAD)


def get(path):
    value = ctypes.c_char_p()
    lib.aug_get(tree, path, ctypes.byref(value))
    return value.value


def answer(request):
    lib.aug_rm(tree, b'/out')
    lib.aug_rm(tree, b'/augeas/text')
    lib.aug_set(tree, b'/in', request['bytes'])
    if lib.aug_text_store(tree, request['lens'].encode(), b'/in', b'/out') == 0:
        return {'line': None}
    why = get(b'/augeas/text/out/error')
    if why != b'parse_failed':
        raise ValueError(f'{request["lens"]}: {why}')
    return {'line': int(get(b'/augeas/text/out/error/line') or 0)}


serve(answer)
