/*
 * Camera: where the scene is seen from. Arithmetic on a scale and a shift; the
 * listeners are in gestures.ts, the drawing is in scene-view.ts.
 */
import type { Rect } from './scene-index';

/** Size of what can be seen, in screen pixels. */
export interface Size {
  width: number;
  height: number;
}

const MIN_ZOOM = 0.05;
const MAX_ZOOM = 3;
/** Fitting never enlarges beyond the drawn size. */
const MAX_FIT = 1;
/** Air around a fitted scene, in screen pixels. */
const MARGIN = 16;
/** What is kept around a revealed node, in screen pixels. */
const AROUND = 56;

/** A scale `k` and a shift `x`, `y` in screen pixels. */
export class Camera {
  k = 1;
  x = 0;
  y = 0;

  /** The transform to put on the world. */
  get transform(): string {
    return `translate(${round(this.x)} ${round(this.y)}) scale(${round(this.k)})`;
  }

  /** Move by screen pixels. */
  pan(dx: number, dy: number): void {
    this.x += dx;
    this.y += dy;
  }

  /** Zoom by a factor, keeping the screen point `at` where it is. */
  zoom(factor: number, at: { x: number; y: number }): void {
    const k = clamp(this.k * factor, MIN_ZOOM, MAX_ZOOM);
    const real = k / this.k;
    this.x = at.x - (at.x - this.x) * real;
    this.y = at.y - (at.y - this.y) * real;
    this.k = k;
  }

  /**
   * Show a whole scene, centred. With `least`, do not go below that scale, and with
   * `wanted` not below that one as long as the scene is not too wide for it: a scene
   * too large is shown from its upper edge.
   */
  fit(scene: Size, view: Size, least = MIN_ZOOM, wanted = least): void {
    const room = { width: view.width - 2 * MARGIN, height: view.height - 2 * MARGIN };
    const across = room.width / Math.max(scene.width, 1);
    const exact = Math.min(across, room.height / Math.max(scene.height, 1), MAX_FIT);
    this.k = clamp(Math.max(exact, Math.min(across, wanted), least), MIN_ZOOM, MAX_ZOOM);
    const extra = { x: room.width - scene.width * this.k, y: room.height - scene.height * this.k };
    this.x = MARGIN + extra.x / 2;
    this.y = MARGIN + Math.max(extra.y / 2, 0);
  }

  /** Where a scene is wider than the view, put these of its rectangles in the middle. */
  centre(rects: readonly Rect[], scene: Size, view: Size): void {
    if (rects.length > 0 && scene.width * this.k > view.width) {
      const left = Math.min(...rects.map(rect => rect.x));
      const right = Math.max(...rects.map(rect => rect.x + rect.w));
      this.x = view.width / 2 - ((left + right) / 2) * this.k;
    }
  }

  /** Pan as little as needed to bring a rectangle into view, with some of what is around. */
  reveal(rect: Rect, view: Size): void {
    this.pan(
      shift(this.x + rect.x * this.k, rect.w * this.k, view.width),
      shift(this.y + rect.y * this.k, rect.h * this.k, view.height)
    );
  }

  /** Pan as little as needed to leave no more of a view empty than an extent of the scene leaves. */
  fill(extent: Rect, view: Size): void {
    this.pan(
      inset(this.x + extent.x * this.k, extent.w * this.k, view.width),
      inset(this.y + extent.y * this.k, extent.h * this.k, view.height)
    );
  }

  /** The part of the scene that is seen, with `margin` times its size on every side. */
  seen(view: Size, margin: number): Rect {
    const w = view.width / this.k;
    const h = view.height / this.k;
    return {
      x: -this.x / this.k - w * margin,
      y: -this.y / this.k - h * margin,
      w: w * (1 + 2 * margin),
      h: h * (1 + 2 * margin)
    };
  }
}

function shift(start: number, length: number, room: number): number {
  const margin = Math.max(Math.min(AROUND, (room - length) / 2), 0);
  if (start < margin) {
    return margin - start;
  }
  return Math.min(room - margin - (start + length), 0);
}

/** How far to move a stretch for it to lie within the room, or, where it is longer, to fill it. */
function inset(start: number, length: number, room: number): number {
  const last = room - MARGIN - length;
  return clamp(start, Math.min(MARGIN, last), Math.max(MARGIN, last)) - start;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
