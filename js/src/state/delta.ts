/*
 * Applying a delta to a scene. Pure functions on data: no DOM, no transport,
 * and no opinion on whether a delta may be applied (see store.ts).
 */
import type { FrameDelta, Scene } from '../schema/messages';

/** The part of a delta that touches the picture. */
export type SceneChange = Pick<
  FrameDelta,
  'width' | 'height' | 'nodes' | 'edges' | 'removedNodes' | 'removedEdges'
>;

/** The scene after a change. Items keep their order; new ones come last. */
export function applyDelta(scene: Scene, change: SceneChange): Scene {
  return {
    version: scene.version,
    width: change.width,
    height: change.height,
    nodes: merge(scene.nodes, change.nodes, change.removedNodes),
    edges: merge(scene.edges, change.edges, change.removedEdges)
  };
}

function merge<T extends { id: string }>(
  old: readonly T[],
  changed: readonly T[],
  removed: readonly string[]
): T[] {
  const byId = new Map(old.map(item => [item.id, item]));
  for (const id of removed) {
    byId.delete(id);
  }
  for (const item of changed) {
    byId.set(item.id, item);
  }
  return [...byId.values()];
}
