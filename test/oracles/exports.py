"""What exportfs makes of /etc/exports, in a mount namespace of its own (start under `unshare --mount`)."""
import os
import subprocess

from serve import FOLDER, serve

PATH = os.path.join(FOLDER, 'exports')
open(PATH, 'w').close()


def mount(*args):
    subprocess.run(['mount', *args], check=True)


# A tmpfs over the state folder, so that no export of this machine is touched; the file over /etc/exports.
os.makedirs('/var/lib/nfs', exist_ok=True)
mount('-t', 'tmpfs', 'none', '/var/lib/nfs')
if not os.path.exists('/etc/exports'):
    raise SystemExit('there is no /etc/exports to mount over')
mount('--bind', PATH, '/etc/exports')
# Names are not looked up in the network: that would take seconds for each.
switch = os.path.join(FOLDER, 'nsswitch.conf')
with open(switch, 'w') as f:
    f.write('hosts: files\n')
mount('--bind', switch, '/etc/nsswitch.conf')
if os.path.isdir('/etc/exports.d'):
    mount('-t', 'tmpfs', 'none', '/etc/exports.d')


def answer(request):
    with open(PATH, 'wb') as f:
        f.write(request['bytes'])
    for name in os.listdir('/var/lib/nfs'):
        path = os.path.join('/var/lib/nfs', name)
        if os.path.isfile(path):
            os.unlink(path)
    load = subprocess.run(['exportfs', '-ra'], capture_output=True)
    shown = subprocess.run(['exportfs', '-s'], capture_output=True)
    return {
        'rc': load.returncode,
        'stderr': load.stderr.decode('utf-8', 'replace'),
        'exports': shown.stdout.decode('utf-8', 'replace').split('\n')[:-1],
    }


serve(answer)
