"""What systemd makes of a fstab at boot: the mount units, which target waits for which, and what it complains of."""
import os
import shutil
import subprocess

from serve import FOLDER, serve

GENERATOR = '/lib/systemd/system-generators/systemd-fstab-generator'
PATH = os.path.join(FOLDER, 'fstab')
OUT = [os.path.join(FOLDER, name) for name in ('normal', 'early', 'late')]


def answer(request):
    with open(PATH, 'wb') as f:
        f.write(request['bytes'])
    for folder in OUT:
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
    environment = {**os.environ, 'SYSTEMD_FSTAB': PATH, 'SYSTEMD_LOG_TARGET': 'console', 'SYSTEMD_LOG_LEVEL': 'info'}
    run = subprocess.run([GENERATOR, *OUT], capture_output=True, env=environment)
    units, waits = {}, {}
    for name in sorted(os.listdir(OUT[0])):
        path = os.path.join(OUT[0], name)
        if name.endswith('.mount'):
            with open(path, encoding='utf-8', errors='replace') as f:
                units[name] = f.read()
        elif name.endswith(('.requires', '.wants')):
            for unit in os.listdir(path):
                waits.setdefault(unit, []).append(name)
    complaints = (run.stdout + run.stderr).decode('utf-8', 'replace')
    return {'rc': run.returncode, 'complaints': complaints, 'units': units, 'waits': waits}


serve(answer)
