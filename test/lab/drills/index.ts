import type { Drill, NotMade } from './drill';
import { guests } from './guests';
import { names } from './names';
import { reach } from './reach';
import { storage } from './storage';
import { stream } from './stream';

export const DRILLS: readonly Drill[] = [...reach, ...names, ...stream, ...storage, ...guests];
export const NOT_MADE: readonly NotMade[] = [];
