"""nullneutron.py PORT: a Networking API without networks, enough for servers created with networks: none."""
import json
import re
import sys
import wsgiref.simple_server as w

import serve

LISTS = {'networks', 'ports', 'subnets', 'security-groups', 'floatingips',
         'extensions', 'agents', 'routers', 'subnetpools', 'quotas'}


def app(env, start):
    path = env['PATH_INFO'].rstrip('/')
    code, body = '404 Not Found', {'NeutronError': {
        'type': 'HTTPNotFound', 'message': 'The resource could not be found.', 'detail': ''}}
    if path == '':
        code, body = '200 OK', {'versions': [{'id': 'v2.0', 'status': 'CURRENT', 'links': []}]}
    m = re.fullmatch(r'/v2\.0/([a-z-]+)(?:\.json)?', path)
    if m and m[1] in LISTS and env['REQUEST_METHOD'] == 'GET':
        name = m[1].replace('-', '_')
        body = {name: []}
        if name == 'extensions':
            body[name] = [{'alias': a, 'name': a, 'description': '', 'updated': '2018-01-01T00:00:00-00:00', 'links': []}
                          for a in ('binding', 'binding-extended', 'security-group', 'quotas')]
        code = '200 OK'
    data = json.dumps(body).encode()
    start(code, [('Content-Type', 'application/json'), ('Content-Length', str(len(data)))])
    return [data]


if __name__ == '__main__':
    w.make_server('127.0.0.1', int(sys.argv[1]), app, serve.Server, serve.Handler).serve_forever()
