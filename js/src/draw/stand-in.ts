/*
 * Who stands for a node in another scene: itself, its elements where it was opened, or
 * the node of which it was an element. Pure data.
 */
import type { SceneNode } from '../schema/messages';
import type { SceneIndex } from './scene-index';

/** The node of a scene that stands for one of another scene, or null. */
export function standIn(index: SceneIndex, node: SceneNode): SceneNode | null {
  const same = index.nodes.get(node.id) ?? index.nodes.get(node.group);
  if (same) {
    return same;
  }
  const all = elementsOf(index, node.id);
  const whole = all.filter(one => one.kind !== 'more');
  const elements = whole.length > 0 ? whole : all;
  const sum = elements.reduce((total, one) => total + one.x + one.w / 2, 0);
  const middle = sum / Math.max(elements.length, 1);
  const away = (one: SceneNode): number => Math.abs(one.x + one.w / 2 - middle);
  return elements.reduce<SceneNode | null>(
    (best, one) => (best === null || away(one) < away(best) ? one : best),
    null
  );
}

/** The elements, and the rest, that a node was opened into. */
export function elementsOf(index: SceneIndex, id: string): SceneNode[] {
  return index.scene.nodes.filter(one => one.group === id && one.kind !== 'chip');
}
