"""What dash assigns when it sources a file; asked only about contents that run nothing (and no program is in its PATH)."""
import os
import shutil
import subprocess

from serve import FOLDER, serve

PATH = os.path.join(FOLDER, 'default')
# `command` keeps a syntax error in the file from ending the shell.
DASH = shutil.which('dash')
SCRIPT = r'''
command . "$0" >/dev/null
status=$?
for name do eval "if test \"\${$name+set}\"; then printf 'v%s\0' \"\$$name\"; else printf 'u\0'; fi"; done
'''


def answer(request):
    with open(PATH, 'wb') as f:
        f.write(request['bytes'])
    run = subprocess.run(
        [DASH, '-c', SCRIPT, PATH, *request['names']],
        capture_output=True, env={'PATH': '/nonexistent'}, stdin=subprocess.DEVNULL,
    )
    values = [v.decode('utf-8', 'surrogateescape') for v in run.stdout.split(b'\0')[:-1]]
    return {
        'stderr': run.stderr.decode('utf-8', 'replace'),
        'values': {name: value[1:] if value[0] == 'v' else None for name, value in zip(request['names'], values)},
    }


serve(answer)
