/*
 * RememberedViews: what was asked of each notebook's frame, for as long as the window
 * lasts, reloads included. What is kept is small, and checked when it is read.
 */
import type { FrameView } from '../schema/messages';
import { SIDES, WHOLE } from '../state/view';

const KEY = 'mandala-lab:view:';

/** Views by the paths of notebooks. */
export class RememberedViews {
  constructor(private readonly kept: Storage = window.sessionStorage) {}

  /** The view of a notebook; everything where none is known. */
  of(path: string): FrameView {
    try {
      const found: unknown = JSON.parse(this.kept.getItem(KEY + path) ?? 'null');
      return isView(found) ? found : WHOLE;
    } catch {
      return WHOLE;
    }
  }

  /** Keep the view of a notebook. */
  keep(path: string, view: FrameView): void {
    try {
      this.kept.setItem(KEY + path, JSON.stringify(view));
    } catch {
      // No room, or the browser keeps nothing: then the view lasts until the page is left.
    }
  }
}

function isView(found: unknown): found is FrameView {
  const { selection, opened, folded } = (found ?? {}) as Record<keyof FrameView, unknown>;
  return (
    typeof selection === 'string' &&
    Array.isArray(opened) &&
    opened.every(id => typeof id === 'string') &&
    Array.isArray(folded) &&
    folded.every(
      (fold: Partial<FrameView['folded'][number]> | null) =>
        typeof fold?.node === 'string' && SIDES.some(side => side === fold.side)
    )
  );
}
