import type { KnownMessage } from '../message';

/** What happens while the guest moves. Words of libvirt 9.0 and QEMU 7.2. */
export const running: readonly KnownMessage[] = [
  {
    id: 'aborted',
    pattern: /canceled by client|Migration was (?:cancell?ed|aborted)/,
    means: 'Somebody aborted the migration.',
    causes: [],
  },
  {
    id: 'destination-qemu-died',
    pattern: /qemu unexpectedly closed the monitor|job 'migration out' unexpectedly failed/,
    means: "The destination's QEMU ended.",
    vague: true,
    causes: [{ text: 'Its own words are in /var/log/libvirt/qemu/GUEST.log of the destination.' }],
  },
  {
    id: 'destination-lost',
    pattern: /Lost connection to destination host|client socket is closed|connection closed due to keepalive timeout/,
    means: "The source lost the destination's libvirtd.",
    causes: [
      {
        text: 'The network was cut, or libvirtd on the destination ended or was restarted.',
        remedy: 'look on both hosts where the guest runs before anything else',
      },
      {
        text: 'keepalive_interval and keepalive_count are short for a network under load.',
        rules: ['libvirtd/keepalive-short'],
      },
    ],
  },
  {
    id: 'busy',
    pattern: /another migration job is already running for domain '(?<name>[^']*)'|task_state migrating/,
    means: 'The guest is on its way already.',
    causes: [{ text: 'Somebody else started a migration.', remedy: 'watch that one, or abort it' }],
  },
  {
    id: 'lock',
    pattern: /cannot acquire state change lock/,
    means: 'Something else is being done with the guest: a migration, as a rule.',
    causes: [{ text: 'A job of libvirt runs or hangs.', remedy: 'virsh domjobinfo GUEST' }],
  },
  {
    id: 'postcopy-flag',
    pattern: /switching to post-copy requires migration to be started with VIR_MIGRATE_POSTCOPY/,
    means: 'The migration was not started so that it may switch to post-copy.',
    causes: [{ text: 'live_migration_permit_post_copy is off.', remedy: 'switch it on before the next one' }],
  },
  {
    id: 'postcopy-kernel',
    pattern: /Postcopy is not supported/,
    means: 'The kernel does not let QEMU do post-copy.',
    causes: [
      {
        text: 'vm.unprivileged_userfaultfd is 0.',
        remedy: 'set it to 1 in /etc/sysctl.d on every compute node',
        rules: ['nova/post-copy-needs-userfaultfd', 'cluster/asked-post-copy'],
      },
    ],
  },
  {
    id: 'postcopy-early',
    pattern: /post-copy can only be started while outgoing migration is in progress/,
    means: 'No migration of it is running that could switch to post-copy.',
    causes: [{ text: 'It has not begun to send memory, or is through.', remedy: 'ask again in a second' }],
  },
  {
    id: 'postcopy-abort',
    pattern: /cannot abort migration in post-copy mode/,
    means: 'In post-copy there is no way back: half of the guest runs on the destination.',
    causes: [{ text: 'Wait for its end.' }],
    guest: 'It runs on the destination and needs the source until the end.',
  },
  {
    id: 'postcopy-lost',
    pattern: /QEMU reports migration is still running/,
    means: 'Post-copy was cut, and QEMU has not noticed it yet.',
    causes: [
      { text: 'The network between the hosts was cut.', remedy: 'mend it, then virsh migrate --postcopy-resume' },
    ],
    guest: 'It stands still between two hosts: end neither QEMU.',
  },
  {
    id: 'source-disconnected',
    pattern: /Disconnected from qemu:\/\/\/system due to end of file/,
    means: "The source's libvirtd was restarted in the middle.",
    causes: [{ text: 'A restart of libvirtd ends the migrations that it runs.', remedy: 'migrate again' }],
  },
  {
    id: 'too-long',
    pattern: /Live migration not completed after (?<seconds>\d+) sec/,
    means: 'nova ended the migration after {seconds} s.',
    causes: [
      {
        text: 'The guest writes its memory faster than the network carries it.',
        remedy: 'auto-converge or post-copy; a faster network',
        rules: ['nova/completion-timeout-too-short'],
      },
      {
        text: 'live_migration_bandwidth holds it back.',
        remedy: '0, which is no limit',
        rules: ['nova/bandwidth-limit'],
      },
    ],
  },
  {
    id: 'stuck',
    pattern: /Live migration stuck for (?<seconds>\d+) sec/,
    means: 'nova took the migration for stuck, since for {seconds} s no less memory was left.',
    causes: [
      {
        text: 'live_migration_progress_timeout ends good migrations, too.',
        remedy: '0',
        rules: ['nova/progress-timeout'],
      },
    ],
  },
];
