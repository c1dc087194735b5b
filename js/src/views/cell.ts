/*
 * How tall a picture stands in a cell's output.
 */
import type { Scene } from '../schema/messages';

const LEAST_PX = 180;
const MOST_PX = 800;
/** Foot line and margins. */
const AROUND_PX = 64;

/** Height in pixels of the output that holds a scene. */
export function cellHeight(scene: Scene): number {
  return Math.min(Math.max(Math.ceil(scene.height) + AROUND_PX, LEAST_PX), MOST_PX);
}
