"""Line protocol of the oracles: a JSON object a line in, its answer out; file contents travel as base64."""
import atexit
import base64
import json
import shutil
import sys
import tempfile

# Gone when the process ends.
FOLDER = tempfile.mkdtemp(prefix='livemig-oracle-')
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def serve(answer):
    for line in sys.stdin:
        request = json.loads(line)
        request['bytes'] = base64.b64decode(request.get('bytes', ''))
        print(json.dumps(answer(request)), flush=True)
