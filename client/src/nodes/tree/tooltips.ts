import { l10n, MarkdownString } from 'vscode';
import type { Count, Problems } from '../problems';
import { stateText, type NodeRecord, type NodeStore } from '../store';
import { uriOf } from '../uris';
import type { Element } from './elements';
import { countText, instanceText, serviceText } from './items';

/** Made when it is looked at. What nodes say is text in it, never Markdown. */
export function tooltipOf(element: Element, store: NodeStore, problems: Problems): MarkdownString | undefined {
  const lines = linesOf(element, store, problems);
  if (!lines) return undefined;
  const text = new MarkdownString();
  for (const [i, [label, value]] of lines.entries()) {
    if (i > 0) text.appendMarkdown('  \n');
    if (label) text.appendMarkdown('**').appendText(label).appendMarkdown('** ');
    text.appendText(value);
  }
  return text;
}

type Line = readonly [label: string, value: string];

function linesOf(element: Element, store: NodeStore, problems: Problems): readonly Line[] | undefined {
  switch (element.kind) {
    case 'cluster':
      return [
        [element.cluster.name, ''],
        [l10n.t('Inventory'), decodeURIComponent(element.cluster.uri)],
      ];
    case 'node':
      return nodeLines(element.node, store.get(element), problems.ofNode(element));
    case 'file': {
      const { path, size, mode } = element.file;
      const count = countText(problems.ofFile(uriOf(element, path)));
      return [
        [`/${path}`, ''],
        [l10n.t('Node'), element.node],
        [l10n.t('Size'), l10n.t('{0} bytes', size)],
        [l10n.t('Mode'), mode.toString(8).padStart(4, '0')],
        ...(count ? [[l10n.t('Problems'), count] as const] : []),
      ];
    }
    case 'instance': {
      const { name, uuid } = element.instance;
      return [
        [element.instance.title ?? name, instanceText(element.instance)],
        ['libvirt', name],
        ['UUID', uuid],
      ];
    }
    case 'service':
      return [
        [element.service.name, serviceText(element.service)],
        ...(element.service.detail ? [['', element.service.detail] as const] : []),
      ];
    case 'fact':
      return [[element.fact.label, element.fact.value]];
    case 'unread':
      return [[element.what, element.why]];
    default:
      return undefined;
  }
}

function nodeLines(name: string, record: NodeRecord | undefined, count: Count): readonly Line[] {
  if (!record) return [[name, '']];
  const { head, state, view } = record;
  const lines: Line[] = [[name, '']];
  const add = (label: string, value: string | undefined): void => {
    if (value) lines.push([label, value]);
  };
  add(l10n.t('Address'), head.address);
  add(l10n.t('Roles'), head.roles.join(', '));
  add(
    l10n.t('Release'),
    view?.release && (view.release.guessed ? l10n.t('{0} (guessed)', view.release.name) : view.release.name),
  );
  add(l10n.t('State'), stateText(record) ?? (view ? l10n.t('connected') : l10n.t('not connected')));
  add(l10n.t('Why'), state.why);
  add(l10n.t('Problems'), countText(count));
  for (const { label, value } of view?.facts ?? []) add(label, value);
  if (view && state.kind !== 'ready') add(l10n.t('Read at'), new Date(view.taken).toLocaleTimeString());
  return lines;
}
