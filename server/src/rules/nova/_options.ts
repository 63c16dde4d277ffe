import { lookup } from '../../knowledge/nova';
import type { Host } from '../../model/host';
import type { Effective } from '../../model/nova';
import { isTrue } from './_guests';
import { isPlaceholder } from './_items';

type Home = `${string}/${string}`;

/**
 * An option by where it lives, `group/name`, newest home first, as the host's release has it; undefined where the release
 * has none of them.
 */
export function optionOf(host: Host, ...homes: readonly Home[]): Effective | undefined {
  for (const home of homes) {
    const slash = home.indexOf('/');
    const found = lookup(home.slice(0, slash), home.slice(slash + 1), host.release.index);
    if (found.kind === 'option') return host.nova.effective(found.option);
  }
  return undefined;
}

/** As Python reads an integer; undefined for what is none, which has a finding of its own, and where nothing is known. */
export function integerOf(setting: Effective | undefined): number | undefined {
  const text = setting?.value?.trim();
  return text !== undefined && /^[+-]?\d+(_\d+)*$/.test(text) ? Number(text.replaceAll('_', '')) : undefined;
}

/** Whether somebody has switched it on: not by its default, and not in a template. */
export function isOn(setting: Effective | undefined): setting is Effective {
  return setting?.entry !== undefined && isTrue(setting.value) && !isPlaceholder(setting.value ?? '');
}

/** Whether the guests are QEMU's, the only ones that the options of live migration are about. */
export function usesQemu(host: Host): boolean {
  const type = host.nova.get('virt_type')?.value ?? 'kvm';
  return type === 'kvm' || type === 'qemu';
}
