"""Whether libvirt opens a URI at a libvirtd that listens on TCP: one of this process's own, in a mount namespace of its own
(start under `unshare --mount`)."""
import atexit
import os
import re
import socket
import subprocess
import time

from serve import FOLDER, serve

SETTLED = 120
"""Seconds after which a daemon that does not answer is given up."""

for folder in ('/run', '/var/lib/libvirt', '/var/cache/libvirt', '/var/log'):
    os.makedirs(folder, exist_ok=True)
    subprocess.run(['mount', '-t', 'tmpfs', 'none', folder], check=True)
os.mkdir('/run/libvirt')
# The accounts that Debian's package makes, which need not be installed.
for name, text in (('passwd', 'libvirt-qemu:x:64055:64055::/:/bin/sh\n'), ('group', 'libvirt-qemu:x:64055:\nkvm:x:64056:\nlibvirt:x:64057:\n')):
    own = os.path.join(FOLDER, name)
    with open(f'/etc/{name}') as file:
        known = file.read()
    with open(own, 'w') as file:
        file.write(''.join(line + '\n' for line in text.splitlines() if line.split(':')[0] + ':' not in known) + known)
    subprocess.run(['mount', '--bind', own, f'/etc/{name}'], check=True)

with socket.socket() as probe:
    probe.bind(('127.0.0.1', 0))
    PORT = probe.getsockname()[1]
CONF = os.path.join(FOLDER, 'libvirtd.conf')
with open(CONF, 'w') as file:
    file.write(f'listen_tls = 0\nlisten_tcp = 1\nlisten_addr = "127.0.0.1"\ntcp_port = "{PORT}"\nauth_tcp = "none"\n')
    file.write('auth_unix_rw = "none"\nhost_uuid = "5d1f4c3a-0f4e-4b6d-9a55-6a3c2f6b7e01"\n')
daemon = subprocess.Popen(['libvirtd', '--listen', '-f', CONF], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
atexit.register(daemon.kill)
end = time.monotonic() + SETTLED
while time.monotonic() < end and daemon.poll() is None:
    try:
        socket.create_connection(('127.0.0.1', PORT), 1).close()
        break
    except OSError:
        time.sleep(0.05)


def answer(request):
    """What stands between `+` and the path is this daemon's."""
    uri = request['bytes'].decode()
    # A transport that would lead elsewhere becomes TCP; what libvirt does not know it refuses before it dials.
    here = re.sub(r'^([^:+]*)(\+(tcp|tls|ssh|libssh2?|ext|unix|native))?://[^/?]*', rf'\1+tcp://127.0.0.1:{PORT}', uri)
    here = re.sub(r'^([^:+]*\+\w+)://%s', rf'\1://127.0.0.1:{PORT}', here)
    run = subprocess.run(['virsh', '-q', '-c', here, 'uri'], capture_output=True, text=True, timeout=SETTLED)
    return {'opened': run.returncode == 0, 'error': run.stderr.strip().split('\n')[-1]}


serve(answer)
