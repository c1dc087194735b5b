/*
 * ViewState: what of the frame is asked for: a selection, open nodes, folded sides.
 * Owns the view that is shown, the one on its way, and why the last wish was refused.
 * What a view comes to is worked out where the frame is (mandala_lab/frame/viewed.py).
 */
import type { FoldedSide, FrameView } from '../schema/messages';
import { Signal } from './signal';
import { RequestError } from './transport';

/** What leads to a node, or what follows from it. */
export type Side = FoldedSide['side'];

/** Both sides, in the order in which they are offered. */
export const SIDES: readonly Side[] = ['before', 'after'];

/** Everything, each node closed. */
export const WHOLE: FrameView = { selection: '', opened: [], folded: [] };

/**
 * Gets a view shown: asks for its picture, calls `onShow` just before that takes the
 * place of the one before, and rejects where it is refused.
 */
export type Look = (view: FrameView, onShow: () => void) => Promise<void>;

/** Why a wish was refused, and whether what was written is to blame. */
export interface Refusal {
  text: string;
  ofSelection: boolean;
}

/** The view of one picture. */
export class ViewState {
  /** Another view is shown, or one was refused. */
  readonly changed = new Signal<FrameView>();
  /** Another picture is about to be shown, in which this node is to stay where it is; '' for none. */
  readonly showing = new Signal<string>();

  private shown: FrameView = WHOLE;
  private wanted: FrameView = WHOLE;
  private currentRefusal: Refusal | null = null;
  private turn = 0;

  constructor(private readonly look: Look) {}

  /** The view that is shown. */
  get view(): FrameView {
    return this.shown;
  }

  /** Why the last wish was refused; null when it was not. */
  get refusal(): Refusal | null {
    return this.currentRefusal;
  }

  /** Whether a node is shown element by element. */
  isOpen(id: string): boolean {
    return this.shown.opened.includes(id);
  }

  /** Whether a side of a node is folded away. */
  isFolded(id: string, side: Side): boolean {
    return this.shown.folded.some(fold => fold.node === id && fold.side === side);
  }

  /** Show only what a selection finds, '' for everything. */
  select(selection: string): Promise<void> {
    return this.ask({ ...this.wanted, selection: selection.trim() });
  }

  /** Show a node element by element, or closed again; `anchor` stays where it is. */
  toggleOpen(id: string, anchor: string = id): Promise<void> {
    const { opened } = this.wanted;
    const others = opened.filter(one => one !== id);
    return this.ask(
      { ...this.wanted, opened: others.length < opened.length ? others : [...opened, id] },
      anchor
    );
  }

  /** Fold a side of a node away, or bring it back. */
  toggleFold(id: string, side: Side): Promise<void> {
    const { folded } = this.wanted;
    const others = folded.filter(fold => fold.node !== id || fold.side !== side);
    return this.ask(
      {
        ...this.wanted,
        folded: others.length < folded.length ? others : [...folded, { node: id, side }]
      },
      id
    );
  }

  /** Show everything, each node closed; `anchor` stays where it is, '' for none. */
  clear(anchor = ''): Promise<void> {
    return this.ask(WHOLE, anchor);
  }

  /** Another frame is in front, of which this was asked. */
  begin(view: FrameView = WHOLE): void {
    this.turn += 1;
    this.settle(view, null);
  }

  /** What was selected is not in the frame any more; everything is shown. */
  dropSelection(why: string): void {
    this.turn += 1;
    this.settle({ ...this.shown, selection: '' }, { text: why, ofSelection: true });
  }

  private async ask(view: FrameView, anchor = ''): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    this.wanted = view;
    try {
      await this.look(view, () => {
        if (turn === this.turn) {
          this.shown = view;
          this.showing.emit(anchor);
        }
      });
      if (turn === this.turn) {
        this.settle(view, null);
      }
    } catch (reason) {
      if (turn === this.turn) {
        const text = reason instanceof Error ? reason.message : String(reason);
        const ofSelection = reason instanceof RequestError && view.selection !== '';
        this.settle(this.shown, { text, ofSelection });
      }
    }
  }

  private settle(view: FrameView, refusal: Refusal | null): void {
    this.shown = view;
    this.wanted = view;
    this.currentRefusal = refusal;
    this.changed.emit(view);
  }
}
