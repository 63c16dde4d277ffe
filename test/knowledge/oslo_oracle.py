"""Reads a JSON list of [spec, value] from standard input, writes a JSON list: null when oslo.config's type takes the
value, else its message. A spec is {"type": ..., "min"?, "max"?, "choices"?}."""
import json
import sys

from oslo_config import types


def make(spec):
    kind = spec['type']
    choices = spec.get('choices')
    bounds = {k: spec[k] for k in ('min', 'max') if k in spec}
    if kind == 'integer':
        return types.Integer(choices=[int(c) for c in choices] if choices else None, **bounds)
    if kind == 'float':
        return types.Float(**bounds)
    if kind == 'port':
        return types.Port(**bounds)
    if kind == 'list':
        return types.List(item_type=types.String(choices=choices))
    if kind == 'multi':
        return types.Dict()
    if kind in ('string', 'multistring'):
        return types.String(choices=choices)
    return {
        'boolean': types.Boolean,
        'uri': types.URI,
        'hostaddress': types.HostAddress,
        'hostdomain': types.HostDomain,
        'ip': types.IPAddress,
    }[kind]()


made = {}
verdicts = []
for spec, value in json.load(sys.stdin):
    key = json.dumps(spec, sort_keys=True)
    if key not in made:
        made[key] = make(spec)
    try:
        made[key](value)
        verdicts.append(None)
    except ValueError as e:
        verdicts.append(str(e) or 'refused')
json.dump(verdicts, sys.stdout)
