import { certificates, uncertified } from './certificates';
import type { Fault, Unprovoked } from './fault';
import { names, unnamed } from './names';
import { reach, unreached } from './reach';
import { storage, unstored } from './storage';
import { stream, unstreamed } from './stream';

export const FAULTS: readonly Fault[] = [...reach, ...names, ...stream, ...storage, ...certificates];
export const UNPROVOKED: readonly Unprovoked[] = [...unreached, ...unnamed, ...unstreamed, ...unstored, ...uncertified];
