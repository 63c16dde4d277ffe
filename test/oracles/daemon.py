"""Whether libvirtd starts with a libvirtd.conf and a qemu.conf, and where it listens; in namespaces of its own (start
under `unshare --mount --net`), as no other check of these files is complete: it reads them, and goes on or ends."""
import glob
import os
import select
import shutil
import socket
import struct
import subprocess
import time

from serve import FOLDER, serve

SETTLED = 120
"""Seconds after which a daemon that neither answers nor ends is given up."""
CONF = '/etc/libvirt/libvirtd.conf'
SOCKET = '/run/libvirt/libvirt-sock'
NOTIFY = os.path.join(FOLDER, 'notify')
DRIVERS = os.path.join(FOLDER, 'drivers')
FIRMWARE = '/usr/share/qemu/firmware'
PKI = os.path.join(FOLDER, 'pki')
ACCOUNTS = ('root', 'nova', 'libvirt-qemu', 'qemu', 'libvirt', 'kvm')
"""What AUTH_LIST of remote_protocol.x looks like on the wire; it is answered when all drivers are up, and to everybody."""
AUTH_LIST = struct.pack('>7I', 28, 0x20008086, 1, 66, 0, 0, 0)


def run(*args):
    subprocess.run(args, check=True, capture_output=True)


def over(path, text):
    """Puts a text in the place of a file."""
    own = os.path.join(FOLDER, os.path.basename(path))
    with open(own, 'w') as f:
        f.write(text)
    run('mount', '--bind', own, path)
    return own


for folder in ('/etc/libvirt', '/etc/pki', '/run', '/var/lib/libvirt', '/var/cache/libvirt', '/var/log', FIRMWARE):
    os.makedirs(folder, exist_ok=True)
    run('mount', '-t', 'tmpfs', 'none', folder)
os.mkdir('/var/log/libvirt')
# As on every host of today: qemu.conf's nvram is then ignored.
with open(f'{FIRMWARE}/50-any.json', 'w') as file:
    file.write('{}')
over('/etc/passwd', ''.join(f'{name}:x:{i}:{i}::/:/bin/sh\n' for i, name in enumerate(ACCOUNTS)))
over('/etc/group', ''.join(f'{name}:x:{i}:\n' for i, name in enumerate(ACCOUNTS)))
# Names are not looked up in the network: that would take seconds for each.
over('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files\nservices: files\n')
HOSTS = over('/etc/hosts', '')
run('ip', 'link', 'set', 'lo', 'up')
os.mkdir(DRIVERS)
for driver in glob.glob('/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so'):
    os.symlink(driver, os.path.join(DRIVERS, os.path.basename(driver)))

# A CA and a certificate that it signed, also for the client's part.
os.mkdir(PKI)
new = ('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '9')
ca, cert, key = (os.path.join(PKI, f'{name}.pem') for name in ('ca', 'cert', 'key'))
run(*new, '-subj', '/CN=ca', '-addext', 'keyUsage=keyCertSign', '-keyout', f'{ca}.key', '-out', ca)
run(*new, '-subj', '/CN=localhost', '-CA', ca, '-CAkey', f'{ca}.key', '-addext', 'basicConstraints=critical,CA:FALSE',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert)


def clear(folder):
    for path in glob.glob(f'{folder}/*'):
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def answers(process):
    """Whether the daemon answers a client, or ends."""
    until = time.monotonic() + SETTLED
    while process.poll() is None:
        if time.monotonic() > until:
            raise TimeoutError('libvirtd neither answers nor ends')
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(SETTLED)
                client.connect(SOCKET)
                client.sendall(AUTH_LIST)
                if len(client.recv(4)) == 4:
                    return True
        except (FileNotFoundError, ConnectionError):
            pass
        time.sleep(0.002)
    return False


def listening():
    lines = subprocess.run(['ss', '-Hltn'], capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted({line.split()[3] for line in lines})


def answer(request):
    for folder in ('/etc/libvirt', '/etc/pki', '/run'):
        clear(folder)
    for path, text in request.get('files', {}).items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8', newline='') as f:
            f.write(text)
    for path, what in request.get('pki', {}).items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(os.path.join(PKI, f'{what}.pem'), path)
    for path in request.get('folders', []):
        os.makedirs(path, exist_ok=True)
    with open(HOSTS, 'w') as f:
        f.write('127.0.0.1 localhost\n::1 localhost\n' + request.get('hosts', ''))
    addresses = request.get('addresses', [])
    for address in addresses:
        run('ip', 'address', 'replace', address, 'dev', 'lo', *(['nodad'] if ':' in address else []))
    process = None
    with open(os.path.join(FOLDER, 'stderr'), 'w+') as stderr:
        environment = {**os.environ, 'LIBVIRT_DRIVER_DIR': DRIVERS, 'LC_ALL': 'C'}
        arguments = ['libvirtd', '-f', CONF, '-p', '/run/libvirtd.pid', *(['--listen'] if request.get('listen') else [])]
        try:
            # A relative folder in the file is one below where the daemon was started.
            process = subprocess.Popen(arguments, stdout=stderr, stderr=stderr, env=environment, cwd='/run')
            started = answers(process)
            ports = listening() if started else []
        finally:
            if process:
                process.kill()
                process.wait()
            for address in addresses:
                run('ip', 'address', 'del', address, 'dev', 'lo')
        stderr.seek(0)
        return {'started': started, 'listening': ports, 'stderr': stderr.read()}


serve(answer)
