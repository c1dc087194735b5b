/*
 * Gestures: wheel and drag on an SVG element, told as pans and zooms.
 * Owns the listeners and their removal; moves nothing itself.
 */

/** What a gesture asks for, in screen pixels relative to the element. */
export interface GestureTarget {
  pan(dx: number, dy: number): void;
  zoom(factor: number, at: { x: number; y: number }): void;
}

/** When the wheel zooms: always, or only with Ctrl (pinching on a touchpad counts). */
export type WheelZoom = 'always' | 'ctrl';

/** A pointer that moved less than this far has clicked, not dragged. */
const DRAG_THRESHOLD_PX = 4;
const ZOOM_PER_PIXEL = 0.0016;
/** Pinching sends small steps. */
const PINCH_SPEED = 5;
const LINE_PX = 16;

interface Drag {
  pointer: number;
  x: number;
  y: number;
  moved: boolean;
}

/** Listens to wheel and drag until it is disposed of. */
export class Gestures {
  private readonly stop = new AbortController();
  private drag: Drag | null = null;

  constructor(
    private readonly element: SVGSVGElement,
    private readonly target: GestureTarget,
    private readonly wheelZoom: WheelZoom
  ) {
    const { signal } = this.stop;
    element.addEventListener('wheel', this.onWheel, { passive: false, signal });
    element.addEventListener('pointerdown', this.onDown, { signal });
    element.addEventListener('pointermove', this.onMove, { signal });
    element.addEventListener('pointerup', this.onUp, { signal });
    element.addEventListener('pointercancel', this.onUp, { signal });
  }

  /** Stop listening. */
  dispose(): void {
    this.stop.abort();
  }

  private readonly onWheel = (event: WheelEvent): void => {
    if (this.wheelZoom === 'ctrl' && !event.ctrlKey && !event.metaKey) {
      return;
    }
    event.preventDefault();
    const bounds = this.element.getBoundingClientRect();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1);
    const speed = event.ctrlKey ? PINCH_SPEED : 1;
    const at = { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
    this.target.zoom(Math.exp(-pixels * ZOOM_PER_PIXEL * speed), at);
  };

  private readonly onDown = (event: PointerEvent): void => {
    if (event.button === 0) {
      const { pointerId: pointer, clientX: x, clientY: y } = event;
      this.drag = { pointer, x, y, moved: false };
    }
  };

  private readonly onMove = (event: PointerEvent): void => {
    const { drag } = this;
    if (drag === null || event.pointerId !== drag.pointer) {
      return;
    }
    const dx = event.clientX - drag.x;
    const dy = event.clientY - drag.y;
    if (!drag.moved && Math.hypot(dx, dy) < DRAG_THRESHOLD_PX) {
      return;
    }
    if (!drag.moved) {
      this.element.setPointerCapture(event.pointerId);
      this.element.classList.add('mandala-dragging');
    }
    this.drag = { pointer: drag.pointer, x: event.clientX, y: event.clientY, moved: true };
    this.target.pan(dx, dy);
  };

  private readonly onUp = (): void => {
    const { element } = this;
    element.classList.remove('mandala-dragging');
    if (this.drag?.moved === true) {
      // The click that follows a drag is not a choice.
      const { signal } = this.stop;
      element.addEventListener('click', swallow, { capture: true, once: true, signal });
      setTimeout(() => element.removeEventListener('click', swallow, { capture: true }), 0);
    }
    this.drag = null;
  };
}

function swallow(event: Event): void {
  event.stopPropagation();
}
