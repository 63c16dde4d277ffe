"""Reads a JSON list of INI inventories, and tells what Ansible makes of each: variables and groups of its hosts, or null."""
import json
import os
import sys
import tempfile

from ansible.inventory.data import InventoryData
from ansible.inventory.helpers import get_group_vars
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory.ini import InventoryModule

answers = []
for text in json.load(sys.stdin):
    with tempfile.NamedTemporaryFile('w', suffix='.ini', newline='') as file:
        file.write(text)
        file.flush()
        data = InventoryData()
        try:
            InventoryModule().parse(data, DataLoader(), file.name)
            data.reconcile_inventory()
        except Exception as error:
            answers.append({'error': str(error)})
            continue
        hosts = {}
        for name, host in data.hosts.items():
            values = {**get_group_vars(host.get_groups()), **host.get_vars()}
            hosts[name] = {
                'vars': {k: v for k, v in values.items() if isinstance(v, (str, int)) and not isinstance(v, bool)},
                'groups': sorted(g.name for g in host.get_groups()),
            }
        answers.append({'hosts': hosts})
json.dump(answers, sys.stdout)
