import { releaseIndex, releaseName } from '../../knowledge/releases';
import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';

export default defineRule({
  id: 'cluster/release-not-measured',
  scope: 'host',
  title: 'Another release of nova runs than the one that is declared',
  severity: 'info',
  files: ['facts'],
  messages: {
    default:
      'Nova {version} runs here, which is {measured}; the files are judged by {declared}, as {by} says: declare {measured}, or drop it',
  },
  why: `Which options nova reads, and what they mean, depends on its release. The release that livemig.ini, a setting or --release declares goes
before the one that was measured, so that a host can be judged by the release that it is to become. Forgotten after an upgrade it hides what
the new nova no longer reads, and finds fault with what it reads.`,
  sources: ['docs/livemig.ini.md: release'],
  examples: [
    {
      release: 'wallaby',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.1\n',
        'c1/facts.json': '{"nova": ⟦"26.2.2"⟧}',
      },
    },
    {
      title: 'the same release, a version that nobody knows',
      release: 'zed',
      files: { 'c1/facts.json': '{"nova": "26.2.2"}', 'c2/facts.json': '{"nova": "of our own"}' },
    },
  ],
  check(host, report) {
    const version = host.facts?.nova;
    const measured = version === undefined ? undefined : releaseIndex(version);
    const { guessed, index, reason } = host.release;
    if (version === undefined || measured === undefined || guessed || measured === index) return;
    const place = factPlace(host, ['nova']);
    if (!place) return;
    report({
      ...place,
      values: { version, measured: releaseName(measured), declared: releaseName(index), by: reason },
    });
  },
});
