// What livemig promises, by figure. A figure that could not be measured is null and misses nothing.
import { rounded } from './figures.mjs';

/** The most that an edit may take, in ms, and opening, by lines; an edit may also take twice the floor of the same run. */
const EDIT_MS = { 1000: 5, 10_000: 10, 50_000: 30 };
const OPEN_MS = { 1000: 15, 10_000: 60, 50_000: 250 };
const FLOORS_PER_EDIT = 2;
const FLOORS_PER_START = 1.3;
const PEAK_MIB_AT_50000 = 160;
const FIX_ALL_MS = 20;
const LINT_MS = 60;
const TIMES_FASTER = 10;
const SERVER_KIB = 700;
/** 1,000 hosts of six files. */
const FLEET_SECONDS = 6;
const FLEET_MIB = 600;
/** How many times longer a host may take among ten times as many. */
const FLEET_GROWTH = 1.6;
/** A snapshot of one node, by the collector run there by plain ssh. */
const SNAPSHOT_BY_SSH = 1.5;
/** 200 nodes over SSH. */
const LIVE_SECONDS = 3;
const BLOCKED_MS = 50;
const TYPED_MS = 50;
/** One instance, 100 destinations, snapshots that are fresh. */
const VERDICTS_MS = 300;
/** Each resolves all others. */
const MATRIX_MS = 1000;
/** From confirmation to the job at the source, more than by plain ssh. */
const BEGIN_MS = 300;
/**
 * 2,000 nodes and 20,000 instances, by no promise but our own. The rows: a second is what people wait for a list without losing
 * the thread. The list of all instances: nova itself takes longer for twenty pages. One page for 1,000 servers, and two to log in
 * and find the API: more would be calls for each. Watching 50 migrations: the list, and the amounts of eight. Memory: of the
 * editor's whole, what one more language server takes.
 */
const SCALE_PAINT_MS = 1000;
const SCALE_LIST_SECONDS = 5;
const SCALE_LIST_CALLS = 22;
const SCALE_ROUND_CALLS = 10;
const SCALE_VERDICTS_MS = 1000;
const SCALE_FLEET_MIB = 300;
/** Their bundles' load included. */
const ACTIVATE_MS = 10;
const PAINT_MS = 100;

/**
 * @param {object} figures everything that was measured
 * @returns {Record<string, { value: number | null, atMost?: number, atLeast?: number }>}
 */
export function targets(figures) {
  const { rows = [], fleets = [], lives = [], asked = [], matrices = [], drains = [], scales = [] } = figures;
  const { repair, lint, opened, node, begun, serverBytes } = figures;
  const at = (server, lines) => rows.find((r) => r.server === server && r.lines === lines);
  const all = {};
  for (const lines of new Set(rows.map((r) => r.lines))) {
    const [ours, floor] = [at('livemig', lines), at('floor', lines)];
    if (EDIT_MS[lines] === undefined) continue;
    const least = Math.max(EDIT_MS[lines], FLOORS_PER_EDIT * (floor?.editP50 ?? 0));
    all[`editMsAt${lines}`] = { value: ours?.editP50 ?? null, atMost: rounded(least) };
    all[`openMsAt${lines}`] = { value: ours?.openMs ?? null, atMost: OPEN_MS[lines] };
  }
  const [ours, floor] = ['livemig', 'floor'].map((name) => rows.find((r) => r.server === name)?.startMs);
  all.startByFloor = { value: ours && floor ? rounded(ours / floor) : null, atMost: FLOORS_PER_START };
  all.peakMiBAt50000 = { value: at('livemig', 50_000)?.peakMiB ?? null, atMost: PEAK_MIB_AT_50000 };
  all.fixAllMs = { value: repair?.p50 ?? null, atMost: FIX_ALL_MS };
  all.serverKiBWithoutTables = { value: rounded(serverBytes / 1024), atMost: SERVER_KIB };
  all.lintMs = { value: lint?.oursMs ?? null, atMost: LINT_MS };
  all.lintByValidator = { value: lint?.timesFaster ?? null, atLeast: TIMES_FASTER };
  const thousand = fleets.find((f) => f.hosts === 1000);
  all.fleetSecondsAt1000 = { value: thousand?.seconds ?? null, atMost: FLEET_SECONDS };
  all.fleetMiBAt1000 = { value: thousand?.peakMiB ?? null, atMost: FLEET_MIB };
  for (const { hosts, seconds } of fleets.filter((f) => thousand && f.hosts > thousand.hosts)) {
    const growth = rounded(seconds / hosts / (thousand.seconds / thousand.hosts));
    all[`fleetGrowthTo${hosts}`] = { value: growth, atMost: FLEET_GROWTH };
  }
  const live = lives.find((l) => l.nodes === 200);
  all.liveConnectSecondsAt200 = { value: live?.connectSeconds ?? null, atMost: LIVE_SECONDS };
  all.liveRefreshSecondsAt200 = { value: live?.refreshSeconds ?? null, atMost: LIVE_SECONDS };
  all.liveBlockedMs = { value: live?.blockedMs ?? null, atMost: BLOCKED_MS };
  all.liveTypingP95Ms = { value: live?.typedP95 ?? null, atMost: TYPED_MS };
  const hundred = asked.find((a) => a.destinations === 100);
  all.verdictsMsAt100 = { value: hundred?.ms ?? null, atMost: VERDICTS_MS };
  all.firstVerdictsMsAt100 = { value: hundred?.firstMs ?? null, atMost: VERDICTS_MS };
  const thousandth = matrices.find((m) => m.nodes === 1000);
  all.matrixMsAt1000 = { value: thousandth?.ms ?? null, atMost: MATRIX_MS };
  all.firstMatrixMsAt1000 = { value: thousandth?.firstMs ?? null, atMost: MATRIX_MS };
  all.beginMsMoreThanSsh = { value: begun?.moreMs ?? null, atMost: BEGIN_MS };
  all.drainBlockedMsAt100 = { value: drains.find((d) => d.instances === 100)?.blockedMs ?? null, atMost: BLOCKED_MS };
  const large = scales.find((s) => s.nodes === 2000);
  all.scalePaintMs = { value: large?.paintMs ?? null, atMost: SCALE_PAINT_MS };
  all.scaleListSeconds = { value: large?.listSeconds ?? null, atMost: SCALE_LIST_SECONDS };
  all.scaleListCalls = { value: large?.listCalls ?? null, atMost: SCALE_LIST_CALLS };
  all.scaleCallsPerRound = { value: large?.callsPerRound ?? null, atMost: SCALE_ROUND_CALLS };
  all.scaleVerdictsMs = { value: large?.verdictsMs ?? null, atMost: SCALE_VERDICTS_MS };
  all.scaleHostBusyMs = { value: large?.busyMs ?? null, atMost: BLOCKED_MS };
  all.scaleFleetBlockedMs = { value: large?.watchingBlockedFleetMs ?? null, atMost: BLOCKED_MS };
  all.scaleFleetMiB = { value: large?.fleetMiB ?? null, atMost: SCALE_FLEET_MIB };
  all.activateMs = { value: opened?.activateMs ?? null, atMost: ACTIVATE_MS };
  all.firstPaintMs = { value: opened?.paintMs ?? null, atMost: PAINT_MS };
  all.snapshotBySsh = { value: node?.times ?? null, atMost: SNAPSHOT_BY_SSH };
  return all;
}

/**
 * One line for each.
 * @param measured only of those that were
 */
export function verdicts(all, measured) {
  const shown = Object.entries(all).filter(([, { value }]) => !measured || value !== null);
  return shown.map(([name, { value, atMost, atLeast }]) => {
    const missed = value !== null && (atMost !== undefined ? value > atMost : value < atLeast);
    const wanted = atMost !== undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    return `${name.padEnd(24)}${String(value ?? 'not measured').padStart(13)}   ${wanted}${missed ? ': MISSED' : ''}`;
  });
}
