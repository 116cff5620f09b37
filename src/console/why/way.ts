import type { Candidate } from '../../registry/resolve/resolve.js';
import { cut, type Sketch, type SketchEdge, type SketchNode, wrap } from '../pictures/sketch.js';

/**
 * Nodes and edges of a picture, which takes some 30 ms to draw then; candidates that would need more are in the table
 * alone.
 */
const MAX_PARTS = 120;

/** The ways of candidates as a picture, and how many of them are in it. */
export interface Way {
  readonly sketch: Sketch;
  readonly drawn: number;
}

/** A place on the way of a candidate: its kind, whose it is, and its name. */
interface Stop {
  readonly kind: string;
  readonly name: string;
  readonly registrant?: string | null;
}

/**
 * The way from an identifier to the answer: what candidates pass, those that are kept to their places in the answer and those
 * that are dropped to the reason. Where a kept way and a dropped one are the same, they are drawn as kept.
 */
export function wayOf(identifier: string, candidates: readonly Candidate[]): Way {
  const nodes = new Map<string, SketchNode>();
  const edges = new Map<string, SketchEdge>();
  const asked: Stop = { kind: 'Asked', name: identifier };
  const keptFirst = [...candidates].sort((a, b) => Number(b.verdict === 'kept') - Number(a.verdict === 'kept'));
  let drawn = 0;
  for (const candidate of keptFirst) {
    const isFaint = candidate.verdict === 'dropped';
    let from = '';
    for (const stop of [asked, ...stopsOf(candidate)]) {
      const lines = [stop.kind, stop.name, ...(stop.registrant ? [stop.registrant] : [])].map(cut);
      from = lead(from, JSON.stringify(stop), { lines, isFaint });
    }
    if (isFaint) {
      const reason = JSON.stringify([from, candidate.reason]);
      lead(from, reason, { lines: wrap(`Dropped: ${candidate.reason}`), isPlain: true, isFaint });
    } else {
      const lines = [`Answer ${candidate.position}`, cut(candidate.finalUri ?? candidate.sedRecord ?? '')];
      lead(from, `answer ${candidate.position}`, { lines });
    }
    drawn += 1;
    if (nodes.size + edges.size >= MAX_PARTS) break;
  }
  return { sketch: { nodes: [...nodes.values()], edges: [...edges.values()] }, drawn };

  /** Leads from one node on to another, and returns the id of that. */
  function lead(from: string, key: string, node: Omit<SketchNode, 'id'>): string {
    const id = nodes.get(key)?.id ?? `n${nodes.size}`;
    if (!nodes.has(key)) nodes.set(key, { ...node, id });
    const edge = `${from} ${id}`;
    if (from !== '' && !edges.has(edge)) edges.set(edge, { from, to: id, isFaint: node.isFaint ?? false });
    return id;
  }
}

const kinds: Readonly<Record<NonNullable<Candidate['matchedKind']>, string>> = {
  TN: 'Number',
  TNRange: 'Range',
  TNPrefix: 'Prefix',
  RN: 'Routing number',
  URI: 'URI',
};

/** What a candidate has passed, in order: as far as it came, if it was dropped. */
function stopsOf(candidate: Candidate): Stop[] {
  const { registrant, matchedKind, matchedIdentifier, destinationGroup, sedGroup } = candidate;
  const { recordRegistrant, sedRecord, egressRoute } = candidate;
  const stops: Stop[] = [];
  if (matchedKind !== null) stops.push({ kind: kinds[matchedKind], name: matchedIdentifier ?? '', registrant });
  if (destinationGroup !== null) stops.push({ kind: 'Destination group', name: destinationGroup, registrant });
  if (sedGroup !== null) stops.push({ kind: 'SED group', name: sedGroup, registrant });
  if (sedRecord !== null) stops.push({ kind: 'SED record', name: sedRecord, registrant: recordRegistrant });
  if (egressRoute !== null) stops.push({ kind: 'Egress route', name: egressRoute });
  return stops;
}
