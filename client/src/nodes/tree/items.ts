import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { InstanceRow, ServiceRow } from '../../../../server/src/fleet-protocol';
import type { Count, Problems } from '../problems';
import { stateText, type NodeRecord, type NodeStore } from '../store';
import { nodeUri, uriOf } from '../uris';
import {
  isShipped,
  type ClusterElement,
  type Element,
  type FileElement,
  type GroupElement,
  type NodeElement,
  type NoteElement,
} from './elements';

const { None, Collapsed, Expanded } = TreeItemCollapsibleState;

export function itemOf(element: Element, store: NodeStore, problems: Problems): TreeItem {
  const item = ((): TreeItem => {
    switch (element.kind) {
      case 'cluster':
        return clusterItem(element);
      case 'node':
        return nodeItem(element, store.get(element), problems.ofNode(element));
      case 'group':
        return groupItem(element, store.get(element));
      case 'file':
        return fileItem(element, problems);
      case 'service':
        return row(
          element.service.name,
          element.service.detail ?? serviceText(element.service),
          serviceIcon(element.service),
        );
      case 'instance':
        return row(
          element.instance.title ?? element.instance.name,
          instanceText(element.instance),
          instanceIcon(element.instance),
        );
      case 'fact':
        return row(element.fact.label, element.fact.value, new ThemeIcon(element.fact.icon ?? 'info'));
      case 'unread':
        return row(element.what, element.why, new ThemeIcon('question'));
      case 'note':
        return noteItem(element);
    }
  })();
  item.id = element.id;
  // Which of them can be moved live is asked for in menus.
  if (element.kind === 'instance')
    item.contextValue = `instance.${element.instance.migrating ? 'migrating' : element.instance.state}`;
  item.contextValue ??= element.kind;
  return item;
}

function row(label: string, description: string, icon: ThemeIcon): TreeItem {
  const item = new TreeItem(label, None);
  item.description = description;
  item.iconPath = icon;
  return item;
}

function clusterItem({ cluster }: ClusterElement): TreeItem {
  const item = new TreeItem(cluster.name, Expanded);
  item.description = cluster.nodes.length === 1 ? l10n.t('1 node') : l10n.t('{0} nodes', cluster.nodes.length);
  item.iconPath = new ThemeIcon('server-environment');
  return item;
}

function nodeItem({ node }: NodeElement, record: NodeRecord | undefined, count: Count): TreeItem {
  const item = new TreeItem(node, Collapsed);
  if (!record) return item;
  const { head, state, view } = record;
  const release = view?.release && (view.release.guessed ? l10n.t('{0}?', view.release.name) : view.release.name);
  // What is cut off first in a narrow side bar is what matters least.
  const parts = [stateText(record), countText(count), head.roles.join(', '), release].filter((part) => part);
  item.description = parts.join(' · ');
  item.iconPath = nodeIcon(record, count);
  item.contextValue = `node.${state.kind}`;
  // Takes the colour of its files' problems from VS Code itself.
  item.resourceUri = nodeUri(record);
  item.accessibilityInformation = { label: [node, ...parts].join(', ') };
  return item;
}

function nodeIcon({ state, view }: NodeRecord, { errors, warnings }: Count): ThemeIcon {
  const icon = (id: string, color?: string): ThemeIcon => new ThemeIcon(id, color ? new ThemeColor(color) : undefined);
  switch (state.kind) {
    case 'idle':
      return icon('server', 'disabledForeground');
    case 'connecting':
      return icon('loading~spin');
    case 'unreachable':
      return icon('debug-disconnect', 'list.errorForeground');
    case 'lost':
      return icon('debug-disconnect', 'list.warningForeground');
    case 'reading':
      // A node that is read again every minute does not blink.
      if (!view) return icon('loading~spin');
      break;
    case 'ready':
  }
  return icon('server', errors ? 'list.errorForeground' : warnings ? 'list.warningForeground' : 'testing.iconPassed');
}

const GROUP_ICONS = {
  files: 'files',
  units: 'folder-library',
  instances: 'vm',
  services: 'gear',
  facts: 'info',
  unread: 'question',
} as const;

function groupItem({ group }: GroupElement, record: NodeRecord | undefined): TreeItem {
  const view = record?.view;
  const [label, rows] = ((): [string, readonly unknown[] | undefined] => {
    switch (group) {
      case 'files':
        return [l10n.t('Files'), view?.files.filter((file) => !isShipped(file))];
      case 'units':
        return [l10n.t('Units of the Distribution'), view?.files.filter(isShipped)];
      case 'instances':
        return [l10n.t('Instances'), view?.instances];
      case 'services':
        return [l10n.t('Services'), view?.services];
      case 'facts':
        return [l10n.t('Facts'), view?.facts];
      case 'unread':
        return [l10n.t('Not Read'), view?.failures];
    }
  })();
  const item = new TreeItem(label, group === 'files' ? Expanded : Collapsed);
  item.description = String(rows?.length ?? 0);
  item.iconPath = new ThemeIcon(GROUP_ICONS[group]);
  item.contextValue = `group.${group}`;
  return item;
}

function fileItem(element: FileElement, problems: Problems): TreeItem {
  const { path } = element.file;
  const uri = uriOf(element, path);
  const slash = path.lastIndexOf('/');
  // With its URI VS Code adds the number of problems and their colour, as in its explorer.
  const item = new TreeItem(uri, None);
  item.label = path.slice(slash + 1);
  item.description = path.slice(0, Math.max(slash, 0));
  item.iconPath = ThemeIcon.File;
  item.command = { command: 'vscode.open', title: l10n.t('Open'), arguments: [uri] };
  const count = countText(problems.ofFile(uri));
  item.accessibilityInformation = { label: [path, count].filter((part) => part).join(', ') };
  return item;
}

function noteItem({ note, text, detail, cluster, node }: NoteElement): TreeItem {
  const item = new TreeItem(text, None);
  item.contextValue = `note.${note}`;
  if (note === 'connecting' || note === 'reading') item.iconPath = new ThemeIcon('loading~spin');
  else if (note === 'unreachable' || note === 'lost') {
    item.iconPath = new ThemeIcon('refresh', new ThemeColor('list.errorForeground'));
    item.command = {
      command: 'livemig.nodes.retry',
      title: l10n.t('Retry'),
      arguments: [{ kind: 'node', cluster, node }],
    };
  } else item.iconPath = new ThemeIcon('info');
  if (detail !== undefined) item.tooltip = detail;
  return item;
}

export function countText({ errors, warnings }: Count): string | undefined {
  const sum = errors + warnings;
  if (sum === 0) return undefined;
  return sum === 1 ? l10n.t('1 problem') : l10n.t('{0} problems', sum);
}

export function serviceText({ state }: ServiceRow): string {
  switch (state) {
    case 'active':
      return l10n.t('active');
    case 'inactive':
      return l10n.t('inactive');
    case 'failed':
      return l10n.t('failed');
    case 'unknown':
      return l10n.t('not known');
  }
}

function serviceIcon({ state }: ServiceRow): ThemeIcon {
  switch (state) {
    case 'active':
      return new ThemeIcon('pass', new ThemeColor('testing.iconPassed'));
    case 'failed':
      return new ThemeIcon('error', new ThemeColor('list.errorForeground'));
    case 'inactive':
      return new ThemeIcon('circle-slash', new ThemeColor('disabledForeground'));
    case 'unknown':
      return new ThemeIcon('question');
  }
}

export function instanceText({ name, title, state, memory, vcpus, migrating }: InstanceRow): string {
  const words = {
    running: l10n.t('running'),
    paused: l10n.t('paused'),
    'shut off': l10n.t('shut off'),
    crashed: l10n.t('crashed'),
  };
  return [
    migrating ? l10n.t('migrating') : state === 'other' ? undefined : words[state],
    vcpus === undefined ? undefined : l10n.t('{0} vCPU', vcpus),
    memory === undefined ? undefined : l10n.t('{0} MiB', memory),
    title === undefined ? undefined : name,
  ]
    .filter((part) => part)
    .join(' · ');
}

function instanceIcon({ state, migrating }: InstanceRow): ThemeIcon {
  if (migrating) return new ThemeIcon('arrow-swap', new ThemeColor('charts.blue'));
  switch (state) {
    case 'running':
      return new ThemeIcon('vm-running', new ThemeColor('testing.iconPassed'));
    case 'crashed':
      return new ThemeIcon('vm', new ThemeColor('list.errorForeground'));
    case 'paused':
      return new ThemeIcon('debug-pause', new ThemeColor('list.warningForeground'));
    default:
      return new ThemeIcon('vm-outline', new ThemeColor('disabledForeground'));
  }
}
