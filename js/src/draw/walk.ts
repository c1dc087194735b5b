/*
 * Walking through a scene with the keyboard: which node an arrow key leads to.
 * Pure geometry; the focus itself is scene-view.ts's.
 */
import type { SceneNode } from '../schema/messages';
import type { SceneIndex } from './scene-index';

/** The four ways to go. */
export type Direction = 'left' | 'right' | 'up' | 'down';

/** Straying sideways costs this many times as much as going ahead. */
const SIDE_COST = 2;

/** Id of the node that lies that way: a neighbour by an edge if there is one, else any. */
export function nodeTowards(index: SceneIndex, from: string, direction: Direction): string | null {
  const start = index.nodes.get(from);
  if (!start) {
    return null;
  }
  const connected = index.neighbours(from).flatMap(id => index.nodes.get(id) ?? []);
  const nearest = nearestTowards(start, connected, direction);
  return (nearest ?? nearestTowards(start, index.scene.nodes, direction))?.id ?? null;
}

/** Ids in reading order: from top to bottom, then from left to right. */
export function readingOrder(index: SceneIndex): string[] {
  return [...index.scene.nodes].sort((a, b) => a.y - b.y || a.x - b.x).map(node => node.id);
}

function nearestTowards(
  start: SceneNode,
  candidates: readonly SceneNode[],
  direction: Direction
): SceneNode | null {
  let best: SceneNode | null = null;
  let bestCost = Infinity;
  for (const node of candidates) {
    const cost = node.id === start.id ? Infinity : costTo(start, node, direction);
    if (cost < bestCost) {
      best = node;
      bestCost = cost;
    }
  }
  return best;
}

function costTo(start: SceneNode, node: SceneNode, direction: Direction): number {
  const dx = node.x + node.w / 2 - (start.x + start.w / 2);
  const dy = node.y + node.h / 2 - (start.y + start.h / 2);
  const [ahead, aside] = {
    left: [-dx, dy],
    right: [dx, dy],
    up: [-dy, dx],
    down: [dy, dx]
  }[direction] as [number, number];
  const inCone = ahead > 1 && Math.abs(aside) <= ahead * 4;
  return inCone ? ahead + SIDE_COST * Math.abs(aside) : Infinity;
}
