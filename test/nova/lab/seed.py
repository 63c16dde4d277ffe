"""seed.py endpoints AUTH_URL PASSWORD BASE_PORT | resources AUTH_URL PASSWORD HOST..."""
import json
import sys
import time
import urllib.error
import urllib.request

what, auth_url, password = sys.argv[1:4]


def call(method, url, body=None, token=None, raw=None, **headers):
    h = {'Content-Type': 'application/json', 'Accept': 'application/json'}
    h.update({k.replace('_', '-'): v for k, v in headers.items()})
    if token:
        h['X-Auth-Token'] = token
    data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
    req = urllib.request.Request(url, data=data, method=method, headers=h)
    with urllib.request.urlopen(req, timeout=60) as r:
        text = r.read()
        return r, json.loads(text) if text and 'json' in r.headers.get('Content-Type', '') else None


def retry(seconds, fn):
    end = time.time() + seconds
    while True:
        try:
            return fn()
        except (OSError, AssertionError, LookupError) as e:
            if time.time() > end:
                body = e.read().decode() if isinstance(e, urllib.error.HTTPError) else ''
                raise SystemExit('%s %s' % (e, body))
            time.sleep(0.3)


def login():
    r, b = call('POST', auth_url + '/auth/tokens', {'auth': {
        'identity': {'methods': ['password'], 'password': {'user': {
            'name': 'admin', 'domain': {'id': 'default'}, 'password': password}}},
        'scope': {'project': {'name': 'admin', 'domain': {'id': 'default'}}}}})
    return r.headers['X-Subject-Token'], b['token']


token, info = retry(60, login)

if what == 'endpoints':
    base = int(sys.argv[4])
    for kind, name, port, path in (('placement', 'placement', base + 1, ''), ('image', 'glance', base + 2, ''),
                                   ('compute', 'nova', base + 3, '/v2.1'), ('network', 'neutron', base + 4, '')):
        sid = call('POST', auth_url + '/services', {'service': {'type': kind, 'name': name}}, token)[1]['service']['id']
        for iface in ('public', 'internal', 'admin'):
            call('POST', auth_url + '/endpoints', {'endpoint': {
                'service_id': sid, 'interface': iface, 'region_id': 'RegionOne',
                'url': 'http://127.0.0.1:%d%s' % (port, path)}}, token)
else:
    hosts = sys.argv[4:]
    url = {s['type']: [e['url'] for e in s['endpoints'] if e['interface'] == 'public'][0] for s in info['catalog']}
    nova, glance = url['compute'], url['image']
    if not retry(60, lambda: call('GET', glance + '/v2/images', token=token)[1]['images']):
        iid = call('POST', glance + '/v2/images', {'name': 'lab', 'disk_format': 'raw', 'container_format': 'bare',
                                                   'visibility': 'public'}, token)[1]['id']
        call('PUT', glance + '/v2/images/%s/file' % iid, token=token, raw=bytes(1 << 20),
             Content_Type='application/octet-stream')
    if not retry(60, lambda: call('GET', nova + '/flavors', token=token)[1]['flavors']):
        for fid, name, ram, disk, cpu in (('1', 'lab.tiny', 512, 1, 1), ('2', 'lab.small', 2048, 10, 2)):
            call('POST', nova + '/flavors', {'flavor': {'id': fid, 'name': name, 'ram': ram, 'disk': disk,
                                                        'vcpus': cpu}}, token)

    def ready():
        up = {s['host'] for s in call('GET', nova + '/os-services?binary=nova-compute', token=token)[1]['services']
              if s['state'] == 'up'}
        assert up >= set(hosts), 'waiting for %s' % (set(hosts) - up)
        hv = {h['hypervisor_hostname'] for h in call('GET', nova + '/os-hypervisors', token=token,
                                                     **{'X_OpenStack_Nova_API_Version': '2.53'})[1]['hypervisors']}
        assert hv >= set(hosts), 'cell mapping'
        rp = {p['name'] for p in call('GET', url['placement'] + '/resource_providers', token=token)[1]['resource_providers']}
        assert rp >= set(hosts), 'placement'
    retry(90, ready)
