"""Which names /etc/hosts resolves, in a mount namespace of its own (start under `unshare --mount`)."""
import os
import socket
import subprocess

from serve import FOLDER, serve

PATH = os.path.join(FOLDER, 'hosts')
SWITCH = os.path.join(FOLDER, 'nsswitch.conf')
open(PATH, 'w').close()
with open(SWITCH, 'w') as f:
    f.write('hosts: files\n')
subprocess.run(['mount', '--bind', PATH, '/etc/hosts'], check=True)
subprocess.run(['mount', '--bind', SWITCH, '/etc/nsswitch.conf'], check=True)


def resolves(name):
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            # Bytes: glibc gets the name as it is, without Python's IDNA.
            socket.getaddrinfo(name.encode(), None, family, socket.SOCK_STREAM)
            return True
        except OSError:
            pass
    return False


def found(name):
    """The full name and the addresses, as a program that connects to the name gets them."""
    try:
        answers = socket.getaddrinfo(name, None, 0, socket.SOCK_STREAM, 0, socket.AI_CANONNAME)
    except OSError:
        return None
    return {'canonical': answers[0][3], 'addresses': [address[0] for *_, address in answers]}


def answer(request):
    with open(PATH, 'wb') as f:
        f.write(request['bytes'])
    return {
        'resolved': [name for name in request['names'] if resolves(name)],
        'found': {name: found(name) for name in request.get('details', [])},
    }


serve(answer)
