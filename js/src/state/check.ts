/*
 * Reading a scene from untrusted data: a saved notebook.
 *
 * Owns the question "is this a scene that can be drawn?". Messages of a live
 * kernel are not checked here: both sides are generated from one source.
 */
import { SCENE_VERSION } from '../schema/messages';
import type { Scene, SceneEdge, SceneNode } from '../schema/messages';

const KINDS: readonly unknown[] = ['var', 'op', 'call', 'ref', 'more', 'chip'];
const STATUSES: readonly unknown[] = ['computed', 'cached', 'error', 'earlier'];
/** A position further out than this is not drawn by any browser in a useful way. */
const FAR = 1e7;

/** What nodes that were saved by earlier versions lack. */
const PLAIN = { group: '', element: '', hiddenBefore: 0, hiddenAfter: 0 };

type Fields = Record<string, unknown>;

/** The scene in `value`, or null when it is not one of the version drawn here. */
export function readScene(value: unknown): Scene | null {
  if (!isFields(value) || value.version !== SCENE_VERSION) {
    return null;
  }
  const sized = isLength(value.width) && isLength(value.height);
  const { nodes, edges } = value;
  if (!sized || !Array.isArray(nodes) || !Array.isArray(edges)) {
    return null;
  }
  if (!nodes.every(isNode) || !edges.every(isEdge)) {
    return null;
  }
  return { ...(value as unknown as Scene), nodes: nodes.map(node => ({ ...PLAIN, ...node })) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < FAR;
}

function isLength(value: unknown): value is number {
  return isPlace(value) && value >= 0;
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

function isNode(value: unknown): value is SceneNode {
  if (!isFields(value) || !isFields(value.counts)) {
    return false;
  }
  const { counts } = value;
  return (
    [value.id, value.label, value.detail].every(text => typeof text === 'string') &&
    KINDS.includes(value.kind) &&
    [value.group, value.element].every(text => text === undefined || typeof text === 'string') &&
    [value.hiddenBefore, value.hiddenAfter].every(n => n === undefined || isCount(n)) &&
    STATUSES.includes(value.status) &&
    isPlace(value.x) &&
    isPlace(value.y) &&
    isLength(value.w) &&
    isLength(value.h) &&
    [counts.total, counts.computed, counts.cached, counts.error].every(isCount)
  );
}

function isEdge(value: unknown): value is SceneEdge {
  return (
    isFields(value) &&
    [value.id, value.source, value.target, value.label].every(text => typeof text === 'string') &&
    Array.isArray(value.points) &&
    value.points.length >= 2 &&
    value.points.every(isPoint)
  );
}

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isPlace);
}
