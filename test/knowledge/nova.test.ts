/** lookup and its companions: windows, renamings, corrections, suggestions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '../../server/src/knowledge/catalogue';
import {
  choicesOf,
  defaultOf,
  knownSections,
  lookup,
  nearSections,
  option,
  optionsOf,
  optionWindow,
  rangeOf,
  typeOf,
} from '../../server/src/knowledge/nova';
import { NEWEST, RELEASES, releaseIndex, releaseName } from '../../server/src/knowledge/releases';
import { checkValue } from '../../server/src/knowledge/values';

const at = (name: string): number => {
  const r = releaseIndex(name);
  assert.ok(r !== undefined, name);
  return r;
};
const ALL = RELEASES.map((_, i) => i);

/** A lookup in one line: `alias [vnc] server_listen until yoga`. */
function told(section: string, key: string, r: number): string {
  const x = lookup(section, key, r);
  switch (x.kind) {
    case 'option':
      return 'option';
    case 'alias':
      return `alias [${x.option.group}] ${x.option.name}${x.until === undefined ? '' : ` until ${releaseName(x.until)}`}`;
    case 'removed':
      return `removed ${releaseName(x.removed)}: ${x.replacements.map((p) => `[${p.group}] ${p.name}`).join(', ')}`;
    case 'too-new':
      return `too-new ${releaseName(x.added)}`;
    case 'foreign':
      return 'foreign';
    case 'unknown':
      return `unknown near ${x.near.join(', ')} elsewhere ${x.elsewhere.map((p) => p.group).join(', ')}`;
  }
}

/** What a name is at every release, as runs: `grizzly..kilo option`. */
function chain(section: string, key: string): string[] {
  const runs: string[] = [];
  let from = 0;
  for (const r of ALL) {
    const now = told(section, key, r);
    if (r < ALL.length - 1 && told(section, key, r + 1) === now) continue;
    runs.push(`${releaseName(from)}..${releaseName(r)} ${now}`);
    from = r + 1;
  }
  return runs;
}

test('the VNC options through all releases', () => {
  assert.deepEqual(chain('DEFAULT', 'vncserver_listen'), [
    'grizzly..kilo option',
    'liberty..pike alias [vnc] vncserver_listen until yoga',
    'queens..xena alias [vnc] server_listen until yoga',
    'yoga..master removed yoga: [vnc] server_listen',
  ]);
  assert.deepEqual(chain('DEFAULT', 'vncserver_proxyclient_address'), [
    'grizzly..kilo option',
    'liberty..pike alias [vnc] vncserver_proxyclient_address until yoga',
    'queens..xena alias [vnc] server_proxyclient_address until yoga',
    'yoga..master removed yoga: [vnc] server_proxyclient_address',
  ]);
  assert.deepEqual(chain('vnc', 'vncserver_listen'), [
    'grizzly..kilo too-new liberty',
    'liberty..pike option',
    'queens..xena alias [vnc] server_listen until yoga',
    'yoga..master removed yoga: [vnc] server_listen',
  ]);
  assert.deepEqual(chain('vnc', 'server_listen'), ['grizzly..pike too-new queens', 'queens..master option']);
  assert.deepEqual(chain('DEFAULT', 'vnc_enabled'), ['grizzly..kilo option', 'liberty..master alias [vnc] enabled']);
  assert.deepEqual(chain('DEFAULT', 'novncproxy_base_url').at(-1), 'liberty..master alias [vnc] novncproxy_base_url');
});

test('renamed twice: from quantum to [neutron]', () => {
  assert.deepEqual(chain('DEFAULT', 'quantum_url'), [
    'grizzly..grizzly option',
    'havana..havana alias [DEFAULT] neutron_url until icehouse',
    'icehouse..icehouse removed icehouse: [DEFAULT] neutron_url',
    'juno..stein removed icehouse: [neutron] url',
    'train..master removed icehouse: ',
  ]);
});

test('live-migration options that came and went', () => {
  assert.deepEqual(chain('libvirt', 'live_migration_progress_timeout').slice(-2), [
    'liberty..rocky option',
    'stein..master removed stein: [libvirt] live_migration_completion_timeout, [libvirt] live_migration_timeout_action',
  ]);
  assert.equal(told('libvirt', 'live_migration_flag', at('newton')), 'removed newton: ');
  assert.deepEqual(chain('DEFAULT', 'live_migration_flag').slice(0, 2), [
    'grizzly..havana option',
    'icehouse..icehouse alias [libvirt] live_migration_flag until juno',
  ]);
  assert.equal(told('DEFAULT', 'libvirt_type', NEWEST), 'removed juno: [libvirt] virt_type');
  assert.equal(told('libvirt', 'cpu_model', at('zed')), 'alias [libvirt] cpu_models');
});

test('every removal names live replacements only, every old name leads to a live option', () => {
  for (const section of catalogue().sectionNames) {
    const slots = catalogue().section(section)!;
    for (const key of slots.keys()) {
      for (const r of ALL) {
        const x = lookup(section, key, r);
        if (x.kind === 'removed') {
          assert.ok(x.removed <= r, `[${section}] ${key} at ${releaseName(r)}`);
          for (const p of x.replacements) {
            assert.equal(told(p.group, p.name, r), 'option', `[${section}] ${key} at ${releaseName(r)}`);
          }
        }
        if (x.kind === 'alias') {
          assert.ok(x.until === undefined || x.until > r);
          const where = `[${section}] ${key} -> [${x.option.group}] ${x.option.name} at ${releaseName(r)}`;
          if (x.option.origin === 'nova') assert.equal(told(x.option.group, x.option.name, r), 'option', where);
        }
        if (x.kind === 'option') assert.equal(x.option.name, key);
      }
    }
  }
});

test('libraries are never unknown, removed or too new on our word', () => {
  for (const section of catalogue().sectionNames) {
    const slots = catalogue().section(section)!;
    for (const s of slots.values()) {
      if (s.option?.origin !== 'library') continue;
      for (const r of ALL)
        assert.match(told(section, s.name, r), /^(?:option|alias|foreign)/, `[${section}] ${s.name}`);
    }
  }
  for (const section of [
    'oslo_messaging_rabbit',
    'oslo_anything_new',
    'keystone_authtoken',
    'database',
    'cache',
    'profiler',
    'cors',
    'my_auth_section',
  ]) {
    assert.equal(told(section, 'some_new_name', NEWEST), 'foreign', section);
  }
});

/** [release, section, key, what it is]: each was misjudged by the uncorrected table. */
const CORRECTED: readonly (readonly [string, string, string, string])[] = [
  ...'rpc_backend rabbit_host rabbit_hosts rabbit_port rabbit_userid rabbit_password rabbit_virtual_host rabbit_use_ssl rabbit_max_retries fake_rabbit kombu_ssl_version kombu_ssl_keyfile kombu_ssl_certfile kombu_ssl_ca_certs matchmaker_heartbeat_freq matchmaker_heartbeat_ttl notification_driver notification_topics rpc_thread_pool_size allowed_rpc_exception_modules'
    .split(' ')
    .flatMap((name): [string, string, string, string][] => [
      ['icehouse', 'DEFAULT', name, 'option'],
      ['juno', 'DEFAULT', name, 'option'],
      ['kilo', 'DEFAULT', name, 'option'],
    ]),
  ['icehouse', 'matchmaker_ring', 'ringfile', 'option'],
  ['queens', 'DEFAULT', 'rabbit_host', 'option'],
  ['stein', 'DEFAULT', 'rabbit_host', 'foreign'],
  ...'rabbit_host rabbit_hosts rabbit_port rabbit_userid rabbit_password rabbit_virtual_host rabbit_max_retries'
    .split(' ')
    .flatMap((name): [string, string, string, string][] => [
      ['kilo', 'oslo_messaging_rabbit', name, 'option'],
      ['rocky', 'oslo_messaging_rabbit', name, 'option'],
      ['stein', 'oslo_messaging_rabbit', name, 'foreign'],
    ]),
  ...'hostname processname use_queue_manager rabbit_stream_fanout rabbit_transient_quorum_queue rabbit_quorum_max_memory_bytes rabbit_quorum_max_memory_length kombu_reconnect_splay'
    .split(' ')
    .map((name): [string, string, string, string] => ['2025.1', 'oslo_messaging_rabbit', name, 'option']),
  ['2024.1', 'oslo_messaging_rabbit', 'kombu_reconnect_splay', 'foreign'],
  ['zed', 'oslo_messaging_metrics', 'metrics_enabled', 'option'],
  ['zed', 'DEFAULT', 'routing_config', 'option'],
  ...'auth_host auth_port auth_protocol auth_admin_prefix identity_uri admin_user admin_password admin_tenant_name admin_token'
    .split(' ')
    .flatMap((name): [string, string, string, string][] => [
      ['juno', 'keystone_authtoken', name, 'option'],
      ['zed', 'keystone_authtoken', name, 'option'],
    ]),
  ...'signing_dir hash_algorithms check_revocations_for_cached revocation_cache_time'
    .split(' ')
    .flatMap((name): [string, string, string, string][] => [
      ['queens', 'keystone_authtoken', name, 'option'],
      ['rocky', 'keystone_authtoken', name, 'foreign'],
    ]),
  ['juno', 'keystone_authtoken', 'auth_plugin', 'alias [keystone_authtoken] auth_type'],
  ['juno', 'keystone_authtoken', 'memcache_servers', 'alias [keystone_authtoken] memcached_servers'],
  // Holes that were none.
  ...'juno kilo liberty mitaka wallaby'
    .split(' ')
    .map((r): [string, string, string, string] => [r, 'database', 'connection', 'option']),
  ['mitaka', 'api_database', 'connection', 'option'],
  ['pike', 'placement_database', 'connection', 'option'],
  ['queens', 'placement_database', 'connection', 'option'],
  ['liberty', 'ssl', 'ca_file', 'option'],
  ['mitaka', 'ssl', 'key_file', 'option'],
  // oslo.log, oslo.concurrency, oslo.policy.
  ['kilo', 'DEFAULT', 'verbose', 'option'],
  ['newton', 'DEFAULT', 'verbose', 'option'],
  ['pike', 'DEFAULT', 'verbose', 'foreign'],
  ['mitaka', 'DEFAULT', 'rpc_zmq_host', 'option'],
  ['zed', 'DEFAULT', 'rpc_zmq_host', 'foreign'],
  ['2025.1', 'DEFAULT', 'log_color', 'option'],
  ['juno', 'DEFAULT', 'lock_path', 'option'],
  ['zed', 'DEFAULT', 'lock_path', 'alias [oslo_concurrency] lock_path'],
  ['kilo', 'DEFAULT', 'logdir', 'alias [DEFAULT] log_dir'],
  ['zed', 'DEFAULT', 'logfile', 'alias [DEFAULT] log_file'],
  ['zed', 'DEFAULT', 'log_config', 'alias [DEFAULT] log_config_append'],
  ['zed', 'DEFAULT', 'policy_file', 'alias [oslo_policy] policy_file'],
  ['zed', 'DEFAULT', 'disable_process_locking', 'alias [oslo_concurrency] disable_process_locking'],
  ['zed', 'DEFAULT', 'network_device_mtu', 'alias [os_vif_linux_bridge] network_device_mtu'],
  ['zed', 'DEFAULT', 'flat_interface', 'alias [os_vif_linux_bridge] flat_interface'],
  ['zed', 'DEFAULT', 'ovs_vsctl_timeout', 'alias [os_vif_ovs] ovs_vsctl_timeout'],
  ['zed', 'DEFAULT', 'rabbit_ha_queues', 'alias [oslo_messaging_rabbit] rabbit_ha_queues'],
  ['zed', 'amqp1', 'container_name', 'alias [oslo_messaging_amqp] container_name'],
  // keystoneauth.
  ...'cinder keystone neutron placement service_user vendordata_dynamic_auth'
    .split(' ')
    .flatMap((section): [string, string, string, string][] => [
      ['zed', section, 'tenant_id', 'option'],
      ['2025.1', section, 'tenant_name', 'option'],
      ['2025.1', section, 'user_name', `alias [${section}] username`],
      ['zed', section, 'auth_url', 'option'],
    ]),
  ['zed', 'keystone', 'auth_type', 'option'],
  ['zed', 'keystone', 'auth_section', 'option'],
  ['zed', 'keystone', 'auth_plugin', 'alias [keystone] auth_type'],
  ['kilo', 'neutron', 'url_timeout', 'alias [neutron] timeout until newton'],
  ['zed', 'audit_middleware_notifications', 'driver', 'option'],
  // Sections that no sample file lists.
  ...'nova_sys_admin vif_plug_ovs_privileged vif_plug_linux_bridge_privileged privsep_osbrick privsep_entrypoint'
    .split(' ')
    .flatMap((section) =>
      'helper_command user group capabilities thread_pool_size logger_name'
        .split(' ')
        .map((name): [string, string, string, string] => ['2025.1', section, name, 'option']),
    ),
  ['zed', 'neutron_agent_privileged', 'user', 'foreign'],
];

test('the corrections', () => {
  for (const [release, section, key, expected] of CORRECTED) {
    assert.equal(told(section, key, at(release)), expected, `[${section}] ${key} at ${release}`);
  }
});

/** Release, section and name of all 55 stable backports. */
const BACKPORTS = `
  ocata pike queens: libvirt cpu_model_extra_flags
  queens: compute live_migration_wait_for_vif_plug
  queens rocky: workarounds enable_numa_live_migration ensure_libvirt_rbd_instance_dir_cleanup
  stein train ussuri: workarounds reserve_disk_resource_for_image_cache
  train: workarounds never_download_image_if_on_rbd
  train: libvirt max_queues
  ussuri victoria wallaby xena yoga zed: compute vmdk_allowed_types
  victoria wallaby xena: workarounds wait_for_vif_plugged_event_during_hard_reboot
  wallaby xena: workarounds enable_qemu_monitor_announce_self disable_compute_service_check_for_ffu
  wallaby: libvirt device_detach_attempts device_detach_timeout
  wallaby: workarounds libvirt_disable_apic
  yoga: workarounds skip_cpu_compare_on_dest skip_hypervisor_version_check_on_lm
  zed: workarounds skip_cpu_compare_at_startup skip_reserve_in_use_ironic_nodes
  yoga zed 2023.1 2023.2 2024.1: workarounds disable_deep_image_inspection
  2023.2 2024.1: compute sharing_providers_max_uuids_per_request
  2025.1 2025.2 2026.1: libvirt images_address_space_limit images_cpu_time_limit
  queens rocky stein train: neutron http_retries
  queens: compute resource_provider_association_refresh
  queens: filter_scheduler image_properties_default_architecture
  pike queens: filter_scheduler build_failure_weight_multiplier
  rocky: workarounds report_ironic_standard_resource_class_inventory`;

test('stable backports count from the first release whose last version has them', () => {
  let pairs = 0;
  for (const line of BACKPORTS.trim().split('\n')) {
    const [releases, rest] = line.trim().split(': ');
    const [section, ...names] = rest!.split(' ');
    const found = releases!.split(' ').map(at);
    for (const name of names) {
      for (const r of found) {
        assert.equal(told(section!, name, r), 'option', `${name} at ${releaseName(r)}`);
        pairs++;
      }
      assert.match(told(section!, name, found[0]! - 1), /^too-new/, `${name} before ${releaseName(found[0]!)}`);
    }
  }
  assert.equal(pairs, 55);
  const retries = option('glance', 'num_retries')!;
  assert.deepEqual([defaultOf(retries, at('queens')), defaultOf(retries, at('rocky'))], [0, 3]);
  assert.equal(defaultOf(option('libvirt', 'num_nvme_discover_tries')!, at('rocky')), 5);
});

test('section names compare as oslo.config does', () => {
  const z = at('zed');
  assert.equal(told('LIBVIRT', 'virt_type', z), 'option');
  assert.equal(told('LibVirt', 'virt_type', z), 'option');
  assert.equal(told('default', 'my_ip', z), 'foreign');
  assert.equal(told(' libvirt', 'virt_type', z), 'foreign');
  assert.equal(told('DATABASE', 'sql_connection', z), 'alias [database] connection');
  // The mistake in ocata's source: the old place is spelt "default".
  assert.match(told('DEFAULT', 'notification_format', at('ocata')), /^removed ocata/);
  assert.equal(told('DEFAULT', 'notification_format', at('pike')), 'alias [notifications] notification_format');
  assert.deepEqual(nearSections('default', z), ['DEFAULT']);
  assert.deepEqual(nearSections('libvrt', z), ['libvirt']);
  assert.deepEqual(nearSections(' libvirt ', z), ['libvirt']);
  assert.deepEqual(nearSections('serial-console', z), ['serial_console']);
  assert.deepEqual(nearSections('LIBVIRT', z), []);
  assert.deepEqual(nearSections('something_of_my_own', z), []);
});

test('unknown keys: near names and other places', () => {
  const z = at('zed');
  assert.equal(told('libvirt', 'live_migration_bandwith', z), 'unknown near live_migration_bandwidth elsewhere ');
  assert.equal(
    told('libvirt', 'live-migration-permit-post-copy', z),
    'unknown near live_migration_permit_post_copy elsewhere ',
  );
  assert.equal(told('libvirt', 'Virt_Type', z), 'unknown near virt_type elsewhere ');
  assert.equal(told('DEFAULT', 'live_migration_completion_timeout', z), 'unknown near  elsewhere libvirt');
  assert.equal(told('libvirt', 'server_listen', z).includes('vnc'), true);
  // No option of a library or of another purpose is offered as a place.
  assert.equal(told('libvirt', 'helper_command', z), 'unknown near  elsewhere ');
  assert.equal(told('neutron', 'totally_different', z), 'unknown near  elsewhere ');
  // Names of other releases are not offered.
  const old = lookup('vnc', 'server_listenn', at('pike'));
  assert.ok(old.kind === 'unknown' && !old.near.includes('server_listen'));
  assert.ok(lookup('libvirt', 'live_migration_', z).kind === 'unknown');
});

test('near names: at most three, within the edits that its length allows, never itself', () => {
  for (const o of optionsOf('libvirt', NEWEST)) {
    const slip = o.name.slice(0, -1);
    const x = lookup('libvirt', slip, NEWEST);
    if (x.kind !== 'unknown') continue;
    assert.ok(x.near.length <= 3 && !x.near.includes(slip));
    assert.ok(x.near.includes(o.name), o.name);
  }
});

test('sections', () => {
  const z = at('zed');
  for (const s of [
    'DEFAULT',
    'libvirt',
    'vnc',
    'nova_sys_admin',
    'oslo_messaging_rabbit',
    'keystone_authtoken',
    'os_vif_ovs',
    'sql',
  ]) {
    assert.ok(knownSections(z).has(s), s);
  }
  assert.ok(!knownSections(z).has('default'));
  assert.ok(!knownSections(at('2025.1')).has('hyperv'));
  assert.ok(knownSections(at('juno')).has('hyperv'));
  assert.ok(!knownSections(at('juno')).has('vnc'));
});

test('windows, for the detection of a release', () => {
  assert.deepEqual(optionWindow('libvirt', 'live_migration_timeout_action'), { from: at('stein') });
  assert.deepEqual(optionWindow('libvirt', 'live_migration_progress_timeout'), {
    from: at('liberty'),
    to: at('stein'),
  });
  assert.deepEqual(optionWindow('DEFAULT', 'vncserver_listen'), { from: 0, to: at('yoga') });
  assert.deepEqual(optionWindow('vnc', 'server_listen'), { from: at('queens') });
  assert.equal(optionWindow('DEFAULT', 'my_ip'), undefined);
  assert.equal(optionWindow('DEFAULT', 'rabbit_host'), undefined);
  assert.equal(optionWindow('libvirt', 'no_such_name'), undefined);
  for (const section of catalogue().sectionNames) {
    const slots = catalogue().section(section)!;
    for (const key of slots.keys()) {
      const w = optionWindow(section, key);
      if (!w) continue;
      for (const r of ALL) {
        if (r < w.from || (w.to !== undefined && r >= w.to)) {
          assert.doesNotMatch(told(section, key, r), /^(?:option|alias)/, `[${section}] ${key} at ${releaseName(r)}`);
        }
      }
    }
  }
});

test('types, defaults, ranges and choices at a release', () => {
  const addr = option('libvirt', 'live_migration_inbound_addr')!;
  assert.deepEqual([typeOf(addr, at('mitaka')), typeOf(addr, at('zed'))], ['string', 'hostdomain']);
  assert.equal(checkValue(addr, at('mitaka'), 'not a host'), undefined);
  assert.equal(checkValue(addr, at('zed'), 'not a host')?.code, 'hostdomain');
  const progress = option('libvirt', 'live_migration_progress_timeout')!;
  assert.deepEqual([defaultOf(progress, at('newton')), defaultOf(progress, at('rocky'))], [150, 0]);
  const most = option('DEFAULT', 'max_concurrent_live_migrations')!;
  assert.deepEqual([rangeOf(most, at('stein')), rangeOf(most, at('train'))], [{}, { min: 0 }]);
  assert.equal(checkValue(most, at('zed'), '')?.code, 'empty');
  assert.equal(checkValue(option('libvirt', 'live_migration_downtime')!, at('zed'), ''), undefined);
  assert.deepEqual(choicesOf(option('libvirt', 'virt_type')!, at('zed')), ['kvm', 'lxc', 'qemu', 'parallels']);
});

test('problems say what would pass', () => {
  const z = at('zed');
  const suggest = (
    group: string,
    name: string,
    value: string,
  ): readonly [string | undefined, readonly string[] | undefined] => {
    const p = checkValue(option(group, name)!, z, value);
    return [p?.code, p?.suggestions];
  };
  assert.deepEqual(suggest('libvirt', 'live_migration_downtime', '50'), ['range', ['100']]);
  assert.deepEqual(suggest('libvirt', 'live_migration_downtime', '500.0'), ['integer', ['500']]);
  assert.deepEqual(suggest('libvirt', 'live_migration_downtime', '0x1ff'), ['integer', ['511']]);
  assert.deepEqual(suggest('libvirt', 'live_migration_downtime', '500ms'), ['integer', ['500']]);
  assert.deepEqual(suggest('libvirt', 'live_migration_permit_post_copy', 'ture'), ['boolean', ['true']]);
  assert.deepEqual(suggest('libvirt', 'live_migration_permit_post_copy', 'T'), ['boolean', ['true']]);
  assert.deepEqual(suggest('libvirt', 'virt_type', 'KVM'), ['choice', ['kvm']]);
  assert.deepEqual(suggest('libvirt', 'virt_type', 'kwm'), ['choice', ['kvm']]);
  assert.deepEqual(suggest('libvirt', 'cpu_models', 'A","B'), ['list-quote', ['A,B']]);
  assert.deepEqual(suggest('libvirt', 'live_migration_inbound_addr', '[fd00::1]'), ['hostdomain', ['fd00::1']]);
  assert.deepEqual(suggest('vnc', 'server_listen', '10.0.0.5/24'), ['hostaddress', ['10.0.0.5']]);
  assert.deepEqual(suggest('vnc', 'novncproxy_base_url', 'ctl:6080/vnc_auto.html'), [
    'uri',
    ['http://ctl:6080/vnc_auto.html'],
  ]);
  assert.deepEqual(suggest('vnc', 'novncproxy_base_url', '10.0.0.1/vnc_auto.html'), [
    'uri',
    ['http://10.0.0.1/vnc_auto.html'],
  ]);
});

test('a lookup is fast enough for every entry on every keystroke', () => {
  const z = at('zed');
  lookup('libvirt', 'virt_type', z);
  const start = performance.now();
  for (let i = 0; i < 100_000; i++) lookup('libvirt', i % 2 ? 'virt_type' : 'live_migration_bandwith', z);
  // About 20 ms here; the bound is for a loaded machine.
  assert.ok(performance.now() - start < 1000);
});

test('strange input is answered, not thrown at', () => {
  for (const word of ['', '__proto__', 'constructor', 'toString', '\u0000', 'x'.repeat(10_000), '\ud800']) {
    for (const r of [0, NEWEST]) {
      lookup(word, word, r);
      lookup('DEFAULT', word, r);
      nearSections(word, r);
      optionWindow(word, word);
      for (const o of optionsOf('libvirt', r)) checkValue(o, r, word);
    }
  }
});
